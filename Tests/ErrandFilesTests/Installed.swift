#if Files
import Errand
import ErrandFiles
import Foundation
import Testing

/// Built-in and configured types as an installation runs them: a worker, a store and a folder.
struct Installed: Sendable {
    let store: any JobStore & UploadStore & DatasetStore
    let folder: TemporaryFolder
    let objects: LocalObjectStore
    let handlers: JobHandlers
    let client: JobClient

    static func with(_ store: InstalledStore, _ body: @Sendable (Installed) async throws -> Void) async throws {
        try await store.with { try await body(Installed($0)) }
    }

    private init(_ store: any JobStore & UploadStore & DatasetStore) throws {
        self.store = store
        folder = try TemporaryFolder()
        objects = try LocalObjectStore(folder: "\(folder.path)/objects")
        var handlers = JobHandlers()
        BuiltInTypes(datasets: store, uploads: store, objects: objects).register(on: &handlers)
        CommandType("shout", command: ["/bin/sh", "-c", "echo started; tr a-z A-Z | sed 's/.*/{\"result\":&}/'"])
            .register(on: &handlers)
        CommandType("hang", command: ["/bin/sh", "-c", "echo started; sleep 1000"]).register(on: &handlers)
        self.handlers = handlers
        client = JobClient(store: store, scope: .default, types: handlers.types)
    }

    func upload(_ text: String) async throws -> JobID {
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

    func submit(_ type: Name, _ payload: String) async throws -> JobReference {
        let type = try #require(handlers.types[type])
        var job = type.job(payload: try JSONText(validating: payload))
        job.projectId = "p"
        return .id(try await client.submit(job).id)
    }

    /// Runs a worker for as long as the body needs it.
    func working(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let worker = Worker(store: store, handlers: handlers, options: WorkerOptions(concurrency: 4))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            defer { group.cancelAll() }
            try await body()
        }
    }
}
#endif
