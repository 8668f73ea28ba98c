#if Server
import ArgumentParser
import Errand
import ErrandPostgres
import ErrandSQLite

/// Brings the store's schema up to date.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring the store's schema up to date, or show what that would do.",
        discussion: """
            Says which numbered steps the schema has had, and applies those that are missing, all of them or none. \
            errand serve does the same when it starts; run this where the server may not change the schema, or before \
            new versions are started. Several processes may do it at once.
            """
    )

    @Flag(name: .customLong("dry-run"), help: "Change nothing; print the SQL of the missing steps.")
    var dryRun = false
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        try await Failures.reported {
            switch try settings.read().store {
            case .sqlite(let path):
                try await migrate(SQLiteJobStore.migrations(ofFile: path)) {
                    try await SQLiteJobStore(path: path).close()
                }
            #if Postgres
            case .postgres(let url):
                let store = try PostgresJobStore(url)
                defer { store.close() }
                try await migrate(store.migrations()) { try await store.migrate() }
            #endif
            }
        }
    }

    private func migrate(_ steps: [StoreMigration], apply: () async throws -> Void) async throws {
        if !dryRun { try await apply() }
        for step in steps {
            let state = step.isApplied ? "applied before" : dryRun ? "missing" : "applied now"
            // Behind the dashes of SQL, so that the output of a dry run can be read and run as it is.
            StandardStream.output.print((dryRun ? "-- " : "") + "\(step.name): \(state)")
            if dryRun, !step.isApplied { StandardStream.output.print(step.sql) }
        }
    }
}
#endif
