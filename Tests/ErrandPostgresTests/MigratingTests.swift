#if Postgres
import Errand
import ErrandTesting
import Foundation
import Testing

@testable import ErrandPostgres

/// What eight processes at once, one that is killed half-way, and an older one do to a schema.
@Suite(.timeLimit(.minutes(5)))
struct MigratingTests {
    private static func connect(_ schema: String) throws -> PostgresConnection {
        try PostgresConnection(url: TemporarySchema.url(), schema: schema)
    }

    /// Every table, column and index of the schema.
    private static func shape(_ connection: PostgresConnection) throws -> [String] {
        try connection.runAll(
            """
            SELECT table_name || '.' || column_name || ' ' || data_type FROM information_schema.columns
            WHERE quote_ident(table_schema) = quote_ident('\(connection.name)')
            UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = '\(connection.name)'
            ORDER BY 1
            """
        )
        .map { (row) throws(JobStoreError) in row.text().replacing(connection.name, with: "errand") }
    }

    private static func migrateAtOnce(_ name: String) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { try await TemporarySchema.open(name, clock: nil, connections: 1).close() }
            }
            try await group.waitForAll()
        }
    }

    @Test(
        "a migration that is killed half-way leaves nothing, and the next ones make the same schema",
        // It waits for its second schema behind all tests that wait for one.
        .timeLimit(.minutes(10))
    )
    func killed() async throws {
        try await TemporarySchema.withName { whole in
            try await Self.migrateAtOnce(whole)
            let expected = try Self.shape(Self.connect(whole))
            #expect(expected.contains { $0.contains("errand.jobs") || $0.hasPrefix("jobs.") })
            try await TemporarySchema.withName { name in
                try await Self.killHalfWay(name)
                let admin = try Self.connect(name)
                #expect(try Self.shape(admin).isEmpty)
                try await Self.migrateAtOnce(name)
                #expect(try Self.shape(admin) == expected)
            }
        }
    }

    /// Ends a migration's connection while it waits, in the middle of its step, for a table that another makes.
    private static func killHalfWay(_ name: String) async throws {
        let blocker = try connect(name)
        try blocker.runAll("CREATE SCHEMA \(blocker.schema)")
        try blocker.runAll("BEGIN; CREATE TABLE errand.tombstones ()")
        let blockerID = try blocker.runAll("SELECT pg_backend_pid()").first { (row) throws(JobStoreError) in row.int() }
        let migration = Task { try await TemporarySchema.open(name, clock: nil, connections: 1).close() }
        let admin = try connect("admin")
        var killed = 0
        while killed == 0 {
            // Waiting for the blocker, it is past the tables that come before.
            killed =
                try admin.runAll(
                    """
                    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                    WHERE application_name = 'errand/\(name)' AND \(blockerID ?? 0) = ANY (pg_blocking_pids(pid))
                    """
                )
                .count
            await Task.yield()
        }
        await #expect(throws: JobStoreError.self) { try await migration.value }
        try blocker.runAll("ROLLBACK")
    }

    @Test("a version that does not know a schema's newest step refuses it and changes nothing")
    func tooNew() async throws {
        try await TemporarySchema.withName { name in
            try await TemporarySchema.open(name, clock: nil).close()
            let connection = try Self.connect(name)
            try connection.runAll("INSERT INTO errand.migrations VALUES (99, now())")
            let before = try Self.shape(connection)
            let store = try PostgresJobStore(url: TemporarySchema.url(), options: .init(schema: name))
            defer { store.close() }
            let migrating = await #expect(throws: JobStoreError.self) { try await store.migrate() }
            let listing = await #expect(throws: JobStoreError.self) { _ = try await store.migrations() }
            for error in [migrating, listing] {
                #expect(error?.code == .schemaTooNew)
                #expect(error?.message.contains("it has step 99") == true)
            }
            #expect(try Self.shape(connection) == before)
        }
    }
}

extension PostgresConnection {
    /// The schema's name without its quotation marks.
    fileprivate var name: String { schema.replacing("\"", with: "") }
}
#endif
