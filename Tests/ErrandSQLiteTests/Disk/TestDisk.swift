import Foundation
import GRDBSQLite
import Synchronization

/// A folder whose SQLite files are written through us: what SQLite asks of the disk is counted, and refused where a
/// test says so.
///
/// A disk can be filled without being root, and a sync can fail without a broken disk: SQLite does all its I/O through
/// a VFS, and ours passes everything on to the system's own.
final class TestDisk: Sendable {
    fileprivate struct State {
        var syncs = 0
        var writtenBytes = 0
        var room: Int?
        var operationsLeft: Int?
    }

    let folder: String
    private let state = Mutex(State())

    /// Watches the files of a folder that are opened from now on.
    init(_ folder: URL) {
        self.folder = folder.path()
        TestVFS.install()
        TestVFS.disks.withLock { $0.append(self) }
    }

    /// Does something with a folder that is watched, and deleted afterwards.
    static func with<Value>(_ body: (TestDisk, String) async throws -> Value) async throws -> Value {
        try await TemporaryStore.withFolder { folder in
            let disk = TestDisk(folder)
            defer { TestVFS.disks.withLock { $0.removeAll { $0 === disk } } }
            return try await body(disk, folder.appending(path: "errand.db").path())
        }
    }

    /// How often a file was forced to the disk.
    var syncs: Int { state.withLock { $0.syncs } }

    /// How much was written, to the log and to the database.
    var writtenBytes: Int { state.withLock { $0.writtenBytes } }

    /// By how many bytes the files may grow, all together, until the disk is full; nil is without end.
    func setRoom(_ bytes: Int?) { state.withLock { $0.room = bytes } }

    /// After how many more writes and syncs each one fails; nil is never.
    func failAfter(_ operations: Int?) { state.withLock { $0.operationsLeft = operations } }

    func contains(_ path: String) -> Bool { path.hasPrefix(folder) }

    // MARK: What the VFS asks

    enum Answer: Equatable { case allowed, failed, full(writable: Int) }

    func mayWrite(_ bytes: Int, growth: Int) -> Answer {
        state.withLock { state in
            guard state.takeOperation() else { return .failed }
            if let room = state.room {
                state.room = max(0, room - growth)
                if growth > room { return .full(writable: bytes - growth + room) }
            }
            state.writtenBytes += bytes
            return .allowed
        }
    }

    func maySync() -> Answer {
        state.withLock { state in
            state.syncs += 1
            return state.takeOperation() ? .allowed : .failed
        }
    }

    func noteShrunk(by bytes: Int) { state.withLock { $0.room = $0.room.map { $0 + bytes } } }
}

extension TestDisk.State {
    fileprivate mutating func takeOperation() -> Bool {
        guard let left = operationsLeft else { return true }
        operationsLeft = max(0, left - 1)
        return left > 0
    }
}
