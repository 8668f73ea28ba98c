import Errand
import GRDB

/// The numbered steps from an empty file to the present schema; a step never changes once it is released.
enum SQLiteMigrations {
    static func run(on pool: DatabasePool) throws {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("V001_jobs") { database in
            try database.execute(sql: String(decoding: PackageResources.V001_jobs_sql, as: UTF8.self))
        }
        migrator.registerMigration("V002_rate_limits") { database in
            try database.execute(sql: String(decoding: PackageResources.V002_rate_limits_sql, as: UTF8.self))
        }
        if try pool.read(migrator.hasBeenSuperseded) {
            throw JobStoreError(
                .schemaTooNew,
                "The database was written by a newer version of Errand; use that version, or a backup from before."
            )
        }
        try migrator.migrate(pool)
    }
}
