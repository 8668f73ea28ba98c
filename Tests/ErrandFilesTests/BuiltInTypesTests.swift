#if Files
import Errand
import ErrandFiles
import ErrandSQLite
import Foundation
import Testing

/// The built-in types as an installation runs them: a worker, the SQLite store and a folder.
@Suite("Built-in types on SQLite") struct BuiltInTypesTests {
    let folder: TemporaryFolder
    let store: SQLiteJobStore
    let objects: LocalObjectStore
    let handlers: JobHandlers
    let client: JobClient

    init() async throws {
        folder = try TemporaryFolder()
        store = try await SQLiteJobStore(path: "\(folder.path)/jobs.db")
        objects = try LocalObjectStore(folder: "\(folder.path)/objects")
        var handlers = JobHandlers()
        BuiltInTypes(datasets: store, uploads: store, objects: objects).register(on: &handlers)
        CommandType("shout", command: ["/bin/sh", "-c", "echo started; tr a-z A-Z | sed 's/.*/{\"result\":&}/'"])
            .register(on: &handlers)
        CommandType("hang", command: ["/bin/sh", "-c", "echo started; sleep 1000"]).register(on: &handlers)
        self.handlers = handlers
        client = JobClient(store: store, scope: .default, types: handlers.types)
    }

    private func upload(_ text: String) async throws -> JobID {
        let id = JobIDGenerator().next(at: Date())
        let key = ObjectKey.upload(tenantId: "default", id: id).description
        let stored = try await objects.put(key, body: ByteChunks(Array(text.utf8)), limit: .max)
        let upload = Upload(
            id: id,
            key: key,
            filename: "a.csv",
            size: stored.size,
            sha256: stored.sha256,
            expiresAt: Date(timeIntervalSinceNow: 3600)
        )
        try await store.insert(upload, scope: .default)
        return id
    }

    private func submit(_ type: String, _ payload: String) async throws -> JobReference {
        let type = try #require(handlers.types[type])
        var job = type.job(payload: try JSONText(validating: payload))
        job.projectId = "p"
        return .id(try await client.submit(job).id)
    }

    /// Runs a worker for as long as the body needs it.
    private func working(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let worker = Worker(store: store, handlers: handlers, options: WorkerOptions(concurrency: 4))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            defer { group.cancelAll() }
            try await body()
        }
    }

    @Test("a file is imported, its bad rows reported, and exported again")
    func importAndExport() async throws {
        let text = "id,name\n" + (0..<5000).map { "\($0),name \($0)\n" }.joined() + "bad\n"
        let id = try await upload(text)
        try await working {
            let submitted = try await submit("Import", #"{"source":{"upload":"\#(id)"},"dataset":"people"}"#)
            let imported = try await client.wait(for: submitted)
            #expect(imported.status == .completed, "\(imported.error ?? "")")
            #expect(
                imported.result?.string
                    == #"{"recordsProcessed":5001,"recordsCreated":5000,"recordsUpdated":0,"errors":1,"#
                    + #""errorReport":"errors.csv"}"#
            )
            #expect(try await client.files(submitted).map(\.name) == ["errors.csv"])
            let export = try await client.wait(for: submit("Export", #"{"dataset":"people","filename":"p.csv"}"#))
            #expect(export.status == .completed, "\(export.error ?? "")")
            #expect(export.resultType == .url)
            let bytes = try await ObjectStoreCheck.read(objects.get(#require(export.resultLocation), range: nil))
            let expected = text.replacingOccurrences(of: "bad\n", with: "").replacingOccurrences(of: "\n", with: "\r\n")
            #expect(String(decoding: bytes, as: UTF8.self) == expected)
        }
    }

    @Test("a refused payload never becomes a job")
    func refused() async throws {
        let error = await #expect(throws: JobStoreError.self) {
            _ = try await submit("Import", #"{"source":{"url":"http://example.com/a.csv"},"dataset":"d"}"#)
        }
        #expect(error?.pointer?.hasSuffix("/payload/source") == true)
    }

    @Test("a command's output becomes the job's result and log")
    func command() async throws {
        try await working {
            let job = try await client.wait(for: submit("shout", #"{"a":"b"}"#))
            #expect(job.result?.string == #"{"A":"B"}"#, "\(job.error ?? "")")
            #expect(try await client.logs(.id(job.id)).map(\.line.message) == ["started"])
        }
    }

    @Test("a cancelled command stops")
    func cancelledCommand() async throws {
        try await working {
            let job = try await submit("hang", "{}")
            for try await state in client.changes(of: job) where state.status == .running { break }
            let cancelled = try await client.cancel(job)
            #expect(cancelled.status == .cancelled)
            for try await state in client.changes(of: job) where state.cancelAcknowledgedAt != nil { break }
        }
    }
}
#endif
