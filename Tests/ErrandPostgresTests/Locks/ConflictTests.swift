#if Postgres
import Errand
import ErrandTesting
import Foundation
import Logging
import Synchronization
import Testing

@testable import ErrandPostgres

/// Transactions in whose way others are.
@Suite(.timeLimit(.minutes(5)))
struct ConflictTests {
    @Test("a deadlock with somebody who knows no order is counted, said in the log, and gone over")
    func deadlock() async throws {
        try await TemporarySchema.withDatabase(deadlockTimeout: "1s") { _, url in
            let lines = Lines()
            let store = try await open(url, lines)
            defer { store.close() }
            let (first, second) = try await leases(store)
            let other = Mutex(try PostgresConnection(url: url, schema: "errand"))
            // Not the one that looks for deadlocks.
            try other.withLock { _ = try $0.runAll("SET deadlock_timeout = '1h'; BEGIN") }
            try Self.lock(second, on: other)
            async let reported = store.report([RunReport(lease: first), RunReport(lease: second)])
            try await Self.untilWaiting(on: url)
            try Self.lock(first, on: other)
            try other.withLock { _ = try $0.runAll("COMMIT") }
            #expect(try await reported == [.applied, .applied])
            #expect(store.context.conflicts[.deadlock] == 1)
            #expect(lines.all.count == 1 && lines.all[0].contains("40P01"))
        }
    }

    @Test("a job that is learnt of too late is locked first by the next attempt, and nobody waits in a circle")
    func order() async throws {
        try await TemporarySchema.withDatabase(deadlockTimeout: "5ms") { _, url in
            let lines = Lines()
            let store = try await open(url, lines)
            defer { store.close() }
            let (first, second) = try await leases(store)
            let other = Mutex(try PostgresConnection(url: url, schema: "errand"))
            try other.withLock { _ = try $0.runAll("BEGIN") }
            try Self.lock(first, on: other)
            let context = store.context
            let attempts = Mutex(0)
            async let held = store.write { session throws(JobStoreError) in
                attempts.withLock { $0 += 1 }
                try session.hold([second.number])
                try session.hold([first.number])
                return session.held.keys.sorted()
            }
            // It has given up, let go of the second, and waits for the first.
            while context.conflicts[.order] == 0 { await Task.yield() }
            try await Self.untilWaiting(on: url)
            try Self.lock(second, on: other)
            try other.withLock { _ = try $0.runAll("COMMIT") }
            #expect(try await held == [first.number, second.number])
            #expect(attempts.withLock { $0 } == 2 && context.conflicts[.deadlock] == 0)
            #expect(lines.all.isEmpty)
        }
    }

    private func open(_ url: String, _ lines: Lines) async throws -> PostgresJobStore {
        var options = try TestAccess.direct.options("errand")
        (options.connections, options.notifies) = (2, false)
        options.logger = Logger(label: "test") { _ in lines }
        let store = try PostgresJobStore(url: url, options: options)
        try await store.migrate()
        return store
    }

    private func leases(_ store: PostgresJobStore) async throws -> (JobLease, JobLease) {
        _ = try await store.insert([NewJob(type: "work"), NewJob(type: "work")], scope: .default)
        let leases = try await store.claim(.work(limit: 2)).jobs.map(\.lease).sorted { $0.number < $1.number }
        try #require(leases.count == 2)
        return (leases[0], leases[1])
    }

    private static func lock(_ lease: JobLease, on connection: borrowing Mutex<PostgresConnection>) throws {
        try connection.withLock { connection in
            _ = try connection.runAll("SELECT FROM errand.live WHERE number = \(lease.number) FOR UPDATE")
        }
    }

    /// Returns once somebody in the database waits for a lock.
    private static func untilWaiting(on url: String) async throws {
        let admin = try PostgresConnection(url: url, schema: "admin")
        let waiting = """
            SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
            """
        while try admin.runAll(waiting).first({ (row) throws(JobStoreError) in row.int() }) == 0 { await Task.yield() }
    }
}

/// Keeps the lines of a log.
struct Lines: LogHandler {
    private let lines = Kept()
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    var all: [String] { lines.texts.withLock { $0 } }

    func log(event: LogEvent) { lines.texts.withLock { $0.append("\(event.message)") } }

    private final class Kept: Sendable {
        let texts = Mutex<[String]>([])
    }
}
#endif
