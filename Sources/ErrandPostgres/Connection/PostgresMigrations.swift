#if Postgres
import Errand

/// The numbered steps from an empty schema to the present one; a step never changes once it is released.
enum PostgresMigrations {
    private static var steps: [(name: String, sql: [UInt8])] {
        [
            ("V001_jobs", PackageResources.V001_jobs_sql),
            ("V002_submit", PackageResources.V002_submit_sql),
            ("V003_api_keys", PackageResources.V003_api_keys_sql),
            ("V004_workers_elsewhere", PackageResources.V004_workers_elsewhere_sql),
            ("V005_audit", PackageResources.V005_audit_sql),
            ("V006_webhooks", PackageResources.V006_webhooks_sql),
            ("V007_spent_tokens", PackageResources.V007_spent_tokens_sql),
            ("V008_operating", PackageResources.V008_operating_sql),
            ("V009_stopping", PackageResources.V009_stopping_sql),
            ("V010_cascades", PackageResources.V010_cascades_sql),
            ("V011_kept_answers", PackageResources.V011_kept_answers_sql),
        ]
    }

    /// How often the steps are begun that running processes keep getting in the way of.
    private static let attempts = 8

    /// Runs the steps that are missing; processes that come at once wait for each other.
    ///
    /// A step locks whole tables, in an order that those who work with them do not know of: where it deadlocks with
    /// one of them, all of it is undone and begun again.
    static func run(on connection: PostgresConnection) throws(JobStoreError) {
        var attempt = 1
        while true {
            do throws(JobStoreError) {
                return try runOnce(on: connection)
            } catch {
                guard TransactionConflict(error) == .deadlock, attempt < attempts else { throw error }
                attempt += 1
            }
        }
    }

    private static func runOnce(on connection: PostgresConnection) throws(JobStoreError) {
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

    /// All steps, and which of them were applied; changes nothing.
    static func list(on connection: PostgresConnection) throws(JobStoreError) -> [StoreMigration] {
        let applied = try state(on: connection).hasTable ? try applied(on: connection) : []
        return steps.enumerated().map { index, step in
            let sql = connection.qualified(String(decoding: step.sql, as: UTF8.self))
            return StoreMigration(name: step.name, sql: sql, isApplied: applied.contains(index + 1))
        }
    }

    private static func runSteps(on connection: PostgresConnection) throws(JobStoreError) {
        try prepareSchema(on: connection)
        let applied = try applied(on: connection)
        for (index, step) in steps.enumerated() where !applied.contains(index + 1) {
            try connection.runAll(String(decoding: step.sql, as: UTF8.self))
            try connection.runAll("INSERT INTO errand.migrations VALUES (\(index + 1), now())")
        }
    }

    /// The numbers of the steps it has had; refuses a schema with more than this version knows.
    private static func applied(on connection: PostgresConnection) throws(JobStoreError) -> Set<Int> {
        let applied = try connection.runAll("SELECT version FROM errand.migrations")
            .map { (row) throws(JobStoreError) in Int(row.int()) }
        if let newest = applied.max(), newest > steps.count {
            throw JobStoreError(
                .schemaTooNew,
                "The schema \(connection.schema) was written by a newer version of Errand: it has step \(newest), and "
                    + "this one knows \(steps.count). Use that version, or a backup from before."
            )
        }
        return Set(applied)
    }

    private static func prepareSchema(on connection: PostgresConnection) throws(JobStoreError) {
        let state = try state(on: connection)
        // Asked first: who may not create schemas can still use one that was made for them.
        if !state.hasSchema { try connection.runAll("CREATE SCHEMA \(connection.schema)") }
        guard !state.hasTable else { return }
        try connection.runAll(
            "CREATE TABLE errand.migrations (version integer PRIMARY KEY, applied_at timestamptz NOT NULL)"
        )
    }

    private static func state(
        on connection: PostgresConnection
    ) throws(JobStoreError) -> (hasSchema: Bool, hasTable: Bool) {
        // The catalogue itself: functions such as to_regnamespace remember what was not there before the lock.
        try connection.run(
            """
            SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1::text), EXISTS (
                SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = $1::text AND c.relname = 'migrations')
            """,
            [.text(connection.address.schema)]
        )
        .first { (row) throws(JobStoreError) in (row.bool(), row.bool()) } ?? (false, false)
    }
}
#endif
