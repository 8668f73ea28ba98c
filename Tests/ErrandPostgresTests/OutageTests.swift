#if Postgres
import Errand
import ErrandTesting
import FoundationEssentials
import Logging
import Synchronization
import Testing

@testable import ErrandPostgres

/// Connections that the server ends, and a server that takes no writes.
@Suite(.timeLimit(.minutes(5)))
struct OutageTests {
    private static func admin(_ sql: String) throws {
        try PostgresConnection(url: TemporarySchema.url(), schema: "admin").runAll(sql)
    }

    /// Gives the body the URL of a role of its own, whose settings a test may change.
    private func withRole(_ body: (_ schema: String, _ url: String) async throws -> Void) async throws {
        try await TemporarySchema.withName { name in
            try Self.admin("CREATE ROLE \(name) LOGIN SUPERUSER")
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(name, TemporarySchema.url() + "&user=\(name)"))
            } catch {
                result = .failure(error)
            }
            try Self.admin("REASSIGN OWNED BY \(name) TO errand; DROP ROLE \(name)")
            try result.get()
        }
    }

    private func open(_ schema: String, _ url: String) async throws -> PostgresJobStore {
        var options = try TestAccess.direct.options(schema)
        (options.connections, options.listening) = (2, .hasty)
        let store = try PostgresJobStore(url: url, options: options)
        try await store.migrate()
        return store
    }

    @Test("whoever's connections are ended works again, and hears again", arguments: ["%", "/listen"])
    func ended(_ role: String) async throws {
        try await TemporarySchema.withName { name in
            let (first, second) = try await (open(name, TemporarySchema.url()), open(name, TemporarySchema.url()))
            defer { for store in [first, second] { store.close() } }
            for store in [first, second] { #expect(await store.notifications { $0 == .working } == .working) }
            let start = ContinuousClock.now
            #expect(try LostConnectionTests.cutAll(name, role: role) >= 2)
            _ = await untilAvailable { try await first.insert([NewJob(type: "work")], scope: .default) }
            try await NotifyingTests.submit(on: first, untilHeardBy: second.changes([.jobs]))
            // Promised are five seconds, and `make faults` holds us to it; the machine that tests run on may be busy.
            print("worked and heard again after \(start.duration(to: .now))")
            for store in [first, second] { #expect(await store.notifications { $0 == .working } == .working) }
        }
    }

    @Test("a server that takes no writes is said to be unavailable, in few words, and is used again once it does")
    func readOnly() async throws {
        try await withRole { name, url in
            let store = try await open(name, url)
            defer { store.close() }
            let lines = LogLines()
            var handlers = JobHandlers()
            handlers.register("work") { (_: NumberedWork, _) in }
            let client = JobClient(store: store, types: handlers.types)
            var options = WorkerOptions(concurrency: 2)
            options.logger = Logger(label: "test") { _ in lines }
            let worker = Worker(store: store, handlers: handlers, options: options)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await worker.run() }
                defer { group.cancelAll() }
                let before = try await client.submit("work", NumberedWork(number: 1))
                #expect(try await client.wait(for: .id(before.id)).status == .completed)
                let start = ContinuousClock.now
                try Self.admin("ALTER ROLE \(name) SET default_transaction_read_only = on")
                #expect(try LostConnectionTests.cutAll(name) > 0)
                try await refused(5, client)
                let probed = await #expect(throws: JobStoreError.self) { try await store.probeWrite() }
                #expect(probed?.code == .unavailable)
                try Self.admin("ALTER ROLE \(name) RESET default_transaction_read_only")
                // Nobody ends the connections that take no writes: the store gives them up itself.
                let after = await untilAvailable { try await client.submit("work", NumberedWork(number: 2)) }
                #expect(try await client.wait(for: .id(after.id)).status == .completed)
                let seconds = Int(start.duration(to: .now).seconds) + 1
                #expect(lines.mostOfOneKind <= seconds, "a line a second of each kind is enough")
            }
        }
    }

    @Test("a write that met a full disk says so to probes for a minute")
    func fullDisk() throws {
        let disk = DiskHealth()
        let now = ContinuousClock.now
        disk.note(JobStoreError(.unavailable, "away"))
        try disk.check()
        disk.note(JobStoreError(.full, "full"))
        let error = #expect(throws: JobStoreError.self) { try disk.check() }
        #expect(error?.code == .full)
        try disk.check(at: now + DiskHealth.memory + .seconds(60))
    }

    /// Submits in vain so many times.
    private func refused(_ count: Int, _ client: JobClient) async throws {
        var refusals = 0
        while refusals < count {
            let error = await #expect(throws: JobStoreError.self) {
                _ = try await client.submit("work", NumberedWork(number: 0))
            }
            #expect(error?.code == .unavailable)
            if error?.postgres?.sqlState == "25006" { refusals += 1 }
        }
        // Questions are still answered.
        _ = await untilAvailable { try await client.store.counts(by: .type, projectId: nil, scope: .system) }
    }
}

/// Counts log lines by the words before their first number or colon.
private struct LogLines: LogHandler {
    private let counts = Counts()
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    var mostOfOneKind: Int { counts.byKind.withLock { $0.values.max() ?? 0 } }

    func log(event: LogEvent) {
        let kind = "\(event.message)".prefix { !$0.isNumber && $0 != ":" }
        counts.byKind.withLock { $0[String(kind), default: 0] += 1 }
    }

    private final class Counts: Sendable {
        let byKind = Mutex<[String: Int]>([:])
    }
}
#endif
