public import Errand
import FoundationEssentials
import GRDB

/// One thing that can be wrong with a SQLite file.
struct SQLiteCheck: Sendable {
    let name: String
    let run: @Sendable (String) throws -> [Finding]

    init(_ name: String, run: @escaping @Sendable (String) throws -> [Finding]) {
        (self.name, self.run) = (name, run)
    }

    /// Every check, those first that others depend on.
    static let all: [SQLiteCheck] = [folder, owner, schema, journal, disk, integrity]
}

extension SQLiteJobStore {
    /// What to look at when something is wrong with the store in a file; another process may have it open.
    ///
    /// - Parameter path: The file, which need not be there.
    /// - Returns: The checks, in an order that makes sense to a reader.
    public static func diagnosticChecks(ofFile path: String) -> [DiagnosticCheck] {
        SQLiteCheck.all.map { check in
            DiagnosticCheck(check.name) {
                do { return try check.run(path) } catch {
                    let error = error as? JobStoreError ?? JobStoreError(opening: path, error)
                    return [
                        .problem(error.description, advice: "See that \(path) is Errand's file, and restore a backup.")
                    ]
                }
            }
        }
    }
}

extension SQLiteCheck {
    static let schema = SQLiteCheck("schema") { path in
        guard FileManager.default.fileExists(atPath: path) else {
            return [.ok("There is no file yet; the first errand serve makes it.")]
        }
        let missing = try SQLiteJobStore.migrations(ofFile: path).filter { !$0.isApplied }.map(\.name)
        guard missing.isEmpty else {
            return [
                .warning(
                    "The file lacks \(missing.joined(separator: ", ")).",
                    advice: "The next errand serve or errand migrate applies it; make a backup first."
                )
            ]
        }
        let unfinished = try read(path) { database in
            try String.fetchOne(database, sql: "SELECT source FROM copies WHERE finished_at IS NULL")
        }
        guard let source = unfinished else { return [.ok("Every migration is applied.")] }
        return [.problem("A copy from \(source) was not finished.", advice: "Run the same errand copy again.")]
    }

    static let journal = SQLiteCheck("journal") { path in
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        let mode = try read(path) { try String.fetchOne($0, sql: "PRAGMA journal_mode") } ?? "unknown"
        guard mode == "wal" else {
            return [
                .warning(
                    "The journal mode is \(mode).",
                    advice: "Another program changed it; the next errand serve sets it to WAL again."
                )
            ]
        }
        return [.ok("The journal mode is WAL.")]
    }

    static let integrity = SQLiteCheck("integrity") { path in
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        let faults = try read(path) { try String.fetchAll($0, sql: "PRAGMA quick_check(3)") }
        guard faults != ["ok"] else { return [.ok("SQLite finds the file sound (quick_check).")] }
        return [
            .problem(
                "The file is damaged: \(faults.joined(separator: "; ")).",
                advice: "Stop errand, keep a copy of the file, and restore a backup."
            )
        ]
    }

    private static func read<Value>(_ path: String, _ body: (Database) throws -> Value) throws -> Value {
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        return try queue.read(body)
    }
}
