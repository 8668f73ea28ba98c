import Errand
import ErrandSQLite
import ErrandTesting
import Foundation

/// A store in a folder of its own, deleted afterwards.
enum TemporaryStore {
    static func with<Value>(
        clock: ManualClock = ManualClock(),
        _ body: (SQLiteJobStore, ManualClock) async throws -> Value
    ) async throws -> Value {
        try await withFolder { folder in
            let store = try await open(folder.appending(path: "errand.db").path(), clock: clock)
            defer { store.close() }
            return try await body(store, clock)
        }
    }

    /// Durability is what some tests are about; the others throw the file away.
    static func open(
        _ path: String,
        clock: ManualClock,
        isDurable: Bool = false,
        cascades: CascadePace = CascadePace()
    ) async throws -> SQLiteJobStore {
        try await SQLiteJobStore(
            path: path,
            options: .init(clock: clock, isDurable: isDurable, cascades: cascades)
        )
    }

    static func withFolder<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
        // Memory where there is some to be had as a folder: a million small commits wait for no disk then.
        let root = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
        let folder = URL(filePath: root).appending(path: "errand-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // What is left is the system's to clean up.
        return try await body(folder)
    }
}
