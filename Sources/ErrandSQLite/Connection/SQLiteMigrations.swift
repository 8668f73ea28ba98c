import Errand
import FoundationEssentials
import GRDB

/// The numbered steps from an empty file to the present schema; a step never changes once it is released.
enum SQLiteMigrations {
    private static var steps: [(name: String, sql: String)] {
        [
            ("V001_jobs", String(decoding: PackageResources.V001_jobs_sql, as: UTF8.self)),
            ("V002_rate_limits", String(decoding: PackageResources.V002_rate_limits_sql, as: UTF8.self)),
            ("V003_api_keys", String(decoding: PackageResources.V003_api_keys_sql, as: UTF8.self)),
            (
                "V004_workers_elsewhere",
                String(decoding: PackageResources.V004_workers_elsewhere_sql, as: UTF8.self)
            ),
            ("V005_audit", String(decoding: PackageResources.V005_audit_sql, as: UTF8.self)),
            ("V006_webhooks", String(decoding: PackageResources.V006_webhooks_sql, as: UTF8.self)),
            ("V007_spent_tokens", String(decoding: PackageResources.V007_spent_tokens_sql, as: UTF8.self)),
            ("V008_operating", String(decoding: PackageResources.V008_operating_sql, as: UTF8.self)),
            ("V009_stopping", String(decoding: PackageResources.V009_stopping_sql, as: UTF8.self)),
            ("V010_cascades", String(decoding: PackageResources.V010_cascades_sql, as: UTF8.self)),
            ("V011_kept_answers", String(decoding: PackageResources.V011_kept_answers_sql, as: UTF8.self)),
        ]
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for (name, sql) in steps { migrator.registerMigration(name) { try $0.execute(sql: sql) } }
        return migrator
    }

    static func run(on pool: DatabasePool) throws {
        try refuseNewer(pool)
        try migrator.migrate(pool)
    }

    /// All steps, and which of them a file has had: none when it is not there.
    static func list(ofFile path: String) throws -> [StoreMigration] {
        var applied: [String] = []
        if FileManager.default.fileExists(atPath: path) {
            var configuration = Configuration()
            configuration.readonly = true
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try refuseNewer(queue)
            applied = try queue.read(migrator.appliedMigrations)
        }
        return steps.map { StoreMigration(name: $0.name, sql: $0.sql, isApplied: applied.contains($0.name)) }
    }

    private static func refuseNewer(_ reader: some DatabaseReader) throws {
        guard try reader.read(migrator.hasBeenSuperseded) else { return }
        throw JobStoreError(
            .schemaTooNew,
            "The database was written by a newer version of Errand; use that version, or a backup from before."
        )
    }
}
