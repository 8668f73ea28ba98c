#if Files
@testable import Errand
@testable import ErrandFiles
import Foundation
import Synchronization
import Testing

/// Runs imports and exports one run at a time, as a worker would, but without one.
final class FileWork: Sendable {
    let folder: TemporaryFolder
    let objects: any ObjectStore
    let datasets = FakeDatasets()
    let fence = Mutex<Int64>(0)
    let id = JobIDGenerator().next(at: Date())

    init() throws {
        folder = try TemporaryFolder()
        objects = try LocalObjectStore(folder: folder.path)
    }

    func upload(_ bytes: [UInt8]) async throws -> JobID {
        let id = JobIDGenerator().next(at: Date())
        let key = ObjectKey.upload(tenantId: "t", id: id).description
        let stored = try await objects.put(key, body: ByteChunks(bytes), limit: .max)
        let upload = Upload(
            id: id,
            key: key,
            filename: "a.csv",
            size: stored.size,
            sha256: stored.sha256,
            expiresAt: .distantFuture
        )
        try await datasets.insert(upload, scope: .tenant("t"))
        return id
    }

    func upload(_ text: String) async throws -> JobID { try await upload(Array(text.utf8)) }

    func importFile(_ upload: JobID, _ options: String = "") async throws -> JobResult {
        let payload = #"{"source":{"upload":"\#(upload)"},"dataset":"d"\#(options)}"#
        return try await ImportRun(job(JSONText(validating: payload))).run()
    }

    func export(_ options: String = "") async throws -> JobResult {
        try await ExportRun(job(JSONText(validating: #"{"dataset":"d"\#(options)}"#))).run()
    }

    /// The next run of the job, which finds the checkpoint that the one before left.
    private func job(_ payload: JSONText) -> FileJob {
        let fence = fence.withLock { fence in
            fence += 1
            return fence
        }
        let lease = JobLease(id: id, number: 1, fence: fence)
        var claimed = ClaimedJob(
            lease: lease,
            type: "Import",
            queue: "import",
            payload: payload,
            createdAt: Date(),
            runAt: Date()
        )
        (claimed.tenantId, claimed.projectId) = ("t", "p")
        let datasets = datasets
        return FileJob(
            job: claimed,
            checkpoint: datasets.state.withLock(\.checkpoint),
            services: FileServices(datasets: datasets, uploads: datasets, objects: objects, clock: SystemJobClock()),
            save: { json in datasets.state.withLock { $0.checkpoint = json } },
            progress: { _, _ in }
        )
    }

    func content(of file: JobFile) async throws -> String {
        String(decoding: try await ObjectStoreCheck.read(objects.get(file.key, range: nil)), as: UTF8.self)
    }

    /// The keys of what jobs left in the object store.
    var jobFiles: [String] { folder.contents.filter { $0.contains("/jobs/") && $0.hasSuffix(".csv") } }
}

extension JobResult {
    func count(_ name: String) -> Int64? { try? value?.object()[name]?.int64Value }
}

/// The code of the failure that an operation throws, and its message.
func failure(_ operation: () async throws -> Void) async -> JobFailure? {
    do {
        try await operation()
        return nil
    } catch let error as JobError {
        if case .fail(let failure, nil) = error.action { return failure }
        return nil
    } catch {
        Issue.record(error)
        return nil
    }
}
#endif
