#if Postgres
import Errand
import ErrandTesting
import Foundation
import Logging
import Testing

@testable import ErrandPostgres

/// A server that gives fewer connections than a store asks for.
@Suite(.timeLimit(.minutes(5)))
struct FewConnectionsTests {
    private static func admin(_ sql: String) throws {
        try PostgresConnection(url: TemporarySchema.url(), schema: "admin").runAll(sql)
    }

    /// Gives the body a store of eight connections, whose role may have three.
    private func withStore(
        patience: Duration = .seconds(60),
        _ body: (_ role: String, _ store: PostgresJobStore, _ lines: Lines) async throws -> Void
    ) async throws {
        let role = "role_" + UUID().uuidString.lowercased().replacing("-", with: "")
        try Self.admin("CREATE ROLE \(role) LOGIN CONNECTION LIMIT 3")
        defer { try? Self.admin("DROP ROLE \(role)") }  // One that is left goes with the server.
        try await TemporarySchema.withDatabase { database, url in
            try Self.admin("GRANT ALL ON DATABASE \(database) TO \(role)")
            let lines = Lines()
            var options = PostgresJobStore.Options(schema: "errand", connections: 8, notifies: false)
            options.statementTimeout = patience
            options.logger = Logger(label: "test") { _ in lines }
            let store = try PostgresJobStore(url: url + "&user=\(role)", options: options)
            defer { store.close() }
            try await store.migrate()
            try await body(role, store, lines)
        }
    }

    /// Submits, claims, settles and counts, all at once.
    private static func work(_ count: Int, on store: PostgresJobStore) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for place in 0..<count {
                group.addTask {
                    var job = NewJob(type: "work")
                    if place.isMultiple(of: 2) { job.uniqueKey = Name("key \(place)") }
                    _ = try await store.insert([job], scope: .default)
                    let leases = try await store.claim(.work(limit: 2)).jobs.map(\.lease)
                    _ = try await store.settle(leases.map { Settlement(lease: $0, outcome: .complete(JobResult())) })
                    _ = try await store.counts(by: .type, projectId: nil, scope: .system)
                }
            }
            try await group.waitForAll()
        }
    }

    /// Works until the store has met what is waited for: which of its connections is refused or given last, and so what
    /// the store says of them, is a matter of speed.
    ///
    /// - Returns: How many jobs that took.
    private static func work(on store: PostgresJobStore, until isSo: () -> Bool) async throws -> Int {
        var count = 0
        while !isSo() {
            try await work(10, on: store)
            count += 10
        }
        return count
    }

    /// A line a minute, however long it takes here: one on a machine that is quick.
    private static func linesAllowed(since start: ContinuousClock.Instant) -> ClosedRange<Int> {
        1...Int(start.duration(to: .now) / .seconds(60)) + 1
    }

    @Test("requests wait for the connections there are, and the log says so once a minute")
    func fewer() async throws {
        try await withStore { _, store, lines in
            let start = ContinuousClock.now
            try await Self.work(60, on: store)
            let more = try await Self.work(on: store) { store.isShortOfConnections }
            let allowed = Self.linesAllowed(since: start)
            #expect(allowed.contains(lines.all.count { $0.contains("gives no more connections") }))
            #expect(allowed.contains(lines.all.count { $0.contains("too many connections") }))
            let counts = try await store.counts(by: .type, projectId: nil, scope: .system)
            #expect(counts["work"]?.total == 60 + more)
        }
    }

    @Test("where connections are taken away, requests wait for the one that is left")
    func taken() async throws {
        try await withStore { role, store, _ in
            try await Self.work(20, on: store)
            try Self.admin("ALTER ROLE \(role) CONNECTION LIMIT 1")
            try Self.admin("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '\(role)'")
            try await Self.work(40, on: store)
            let more = try await Self.work(on: store) { store.isShortOfConnections }
            let counts = try await store.counts(by: .type, projectId: nil, scope: .system)
            #expect(counts["work"]?.total == 60 + more)
        }
    }

    @Test("where there is none, requests wait for the first, and for more as the server gives them")
    func later() async throws {
        try await withStore { role, store, lines in
            try Self.admin("ALTER ROLE \(role) CONNECTION LIMIT 0")
            try Self.admin("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '\(role)'")
            let start = ContinuousClock.now
            async let worked: Void = Self.work(20, on: store)
            while !store.isShortOfConnections { await Task.yield() }
            try Self.admin("ALTER ROLE \(role) CONNECTION LIMIT -1")
            try await worked
            _ = try await Self.work(on: store) { !store.isShortOfConnections }
            #expect(Self.linesAllowed(since: start).contains(lines.all.count))
        }
    }

    @Test("where there is none for as long as a statement may take, requests are told that the store is unavailable")
    func none() async throws {
        try await withStore(patience: .milliseconds(300)) { role, store, _ in
            try Self.admin("ALTER ROLE \(role) CONNECTION LIMIT 0")
            try Self.admin("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '\(role)'")
            await withTaskGroup { group in
                for _ in 0..<20 {
                    group.addTask {
                        let error = await #expect(throws: JobStoreError.self) {
                            _ = try await store.insert([NewJob(type: "work")], scope: .default)
                        }
                        #expect(error?.code == .unavailable)
                    }
                }
            }
            try Self.admin("ALTER ROLE \(role) CONNECTION LIMIT 3")
            _ = await untilAvailable { try await store.insert([NewJob(type: "work")], scope: .default) }
        }
    }

    @Test(
        "servers and poolers that have no connection for now are told from those that let nobody in",
        arguments: [
            ("FATAL:  sorry, too many clients already", true),
            ("FATAL:  remaining connection slots are reserved for non-replication superuser connections", true),
            ("FATAL:  too many connections for role \"errand\"", true),
            ("FATAL:  too many connections for database \"errand\"", true),
            ("FATAL:  the database system is starting up", true),
            ("FATAL:  the database system is not yet accepting connections", true),
            ("FATAL:  no more connections allowed (max_client_conn)", true),
            ("FATAL:  query_wait_timeout", true),
            ("FATAL:  MaxClientsInSessionMode: max clients reached", true),
            ("FATAL:  password authentication failed for user \"errand\"", false),
            ("FATAL:  database \"errand\" does not exist", false),
            ("could not connect to server: Connection refused", false),
            ("FATAL:  terminating connection due to administrator command", false),
        ]
    )
    func words(_ message: String, _ isRefusal: Bool) {
        #expect(PostgresError("connection to server at \"db\" failed: \(message)").isRefusal == isRefusal)
    }
}
#endif
