#if Postgres
import Errand

/// The numbered steps from an empty schema to the present one; a step never changes once it is released.
enum PostgresMigrations {
    private static var steps: [[UInt8]] { [PackageResources.V001_jobs_sql] }

    /// Runs the steps that are missing; processes that come at once wait for each other.
    static func run(on connection: PostgresConnection) throws(JobStoreError) {
        // Others may be at it, and a step over many rows takes its time.
        let limit = connection.answerLimit
        connection.answerLimit = nil
        defer { connection.answerLimit = limit }
        // The lock is one for all schemas of the database, and goes with the transaction, which poolers like.
        try connection.runAll("BEGIN; SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(7311972101)")
        do throws(JobStoreError) {
            try runSteps(on: connection)
            try connection.runAll("COMMIT")
        } catch {
            // The first error is the one to tell; a lost connection has rolled back by itself.
            _ = try? connection.runAll("ROLLBACK")
            throw error
        }
    }

    private static func runSteps(on connection: PostgresConnection) throws(JobStoreError) {
        try prepareSchema(on: connection)
        let present = try connection.runAll("SELECT coalesce(max(version), 0) FROM errand.migrations")
            .first { (row) throws(JobStoreError) in Int(row.int()) }
        guard let present, present <= steps.count else {
            throw JobStoreError(
                .schemaTooNew,
                "The schema was written by a newer version of Errand; use that version, or a backup from before."
            )
        }
        for (index, step) in steps.enumerated().dropFirst(present) {
            try connection.runAll(String(decoding: step, as: UTF8.self))
            try connection.runAll("INSERT INTO errand.migrations VALUES (\(index + 1), now())")
        }
    }

    private static func prepareSchema(on connection: PostgresConnection) throws(JobStoreError) {
        let schema = connection.schema
        let (hasSchema, hasTable) =
            try connection.runAll(
                "SELECT to_regnamespace('\(schema)') IS NOT NULL, to_regclass('errand.migrations') IS NOT NULL"
            )
            .first { (row) throws(JobStoreError) in (row.bool(), row.bool()) } ?? (false, false)
        // Asked first: who may not create schemas can still use one that was made for them.
        if !hasSchema { try connection.runAll("CREATE SCHEMA \(schema)") }
        guard !hasTable else { return }
        try connection.runAll(
            "CREATE TABLE errand.migrations (version integer PRIMARY KEY, applied_at timestamptz NOT NULL)"
        )
    }
}
#endif
