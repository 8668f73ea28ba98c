import Foundation
import GRDBSQLite
import Synchronization

/// SQLite's way to the files of every ``TestDisk``; files elsewhere get the system's own and are never seen again.
///
/// An open file keeps the system's own data, and only its table of methods is another: a copy in which a few functions
/// ask the disk first.
enum TestVFS {
    /// `@unchecked`: the table is the system's own constant.
    private struct OpenFile: @unchecked Sendable {
        let disk: TestDisk
        let methods: UnsafePointer<sqlite3_io_methods>
    }

    static let disks = Mutex<[TestDisk]>([])
    /// By the address of SQLite's own record of the file, which stays where it is while the file is open.
    private static let files = Mutex<[UInt: OpenFile]>([:])
    /// The system's VFS, which lives as long as the process.
    nonisolated(unsafe) private static let system = sqlite3_vfs_find(nil)
    private static let installed: Bool = {
        guard let system else { return false }
        let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        vfs.initialize(to: system.pointee)
        vfs.pointee.zName = UnsafePointer(strdup("errand-test"))
        vfs.pointee.xOpen = { _, name, file, flags, outFlags in TestVFS.open(name, file, flags, outFlags) }
        return sqlite3_vfs_register(vfs, 1) == SQLITE_OK
    }()

    /// Makes ours the VFS of every database that is opened from now on.
    static func install() { precondition(installed, "SQLite took no VFS") }

    private static func open(
        _ name: UnsafePointer<CChar>?,
        _ file: UnsafeMutablePointer<sqlite3_file>?,
        _ flags: CInt,
        _ outFlags: UnsafeMutablePointer<CInt>?
    ) -> CInt {
        let code = system?.pointee.xOpen(system, name, file, flags, outFlags) ?? SQLITE_ERROR
        guard code == SQLITE_OK, let name, let file, let methods = file.pointee.pMethods else { return code }
        let path = String(cString: name)
        guard let disk = disks.withLock({ $0.first { $0.contains(path) } }) else { return code }
        let opened = OpenFile(disk: disk, methods: methods)
        files.withLock { [key = UInt(bitPattern: file)] in $0[key] = opened }
        file.pointee.pMethods = UnsafePointer(table(from: methods))
        return code
    }

    /// Never freed: a file may be closed long after the test that watched it.
    private static func table(
        from methods: UnsafePointer<sqlite3_io_methods>
    ) -> UnsafeMutablePointer<sqlite3_io_methods> {
        let table = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        table.initialize(to: methods.pointee)
        table.pointee.xWrite = { file, bytes, count, offset in TestVFS.write(file, bytes, count, offset) }
        table.pointee.xSync = { file, flags in TestVFS.sync(file, flags) }
        table.pointee.xTruncate = { file, size in TestVFS.truncate(file, size) }
        table.pointee.xClose = { file in TestVFS.close(file) }
        return table
    }

    private static func opened(_ file: UnsafeMutablePointer<sqlite3_file>?) -> OpenFile? {
        files.withLock { [key = UInt(bitPattern: file)] in $0[key] }
    }

    private static func size(_ file: UnsafeMutablePointer<sqlite3_file>?, _ opened: OpenFile) -> Int {
        var size: sqlite3_int64 = 0
        return opened.methods.pointee.xFileSize(file, &size) == SQLITE_OK ? Int(size) : 0
    }

    private static func write(
        _ file: UnsafeMutablePointer<sqlite3_file>?,
        _ bytes: UnsafeRawPointer?,
        _ count: CInt,
        _ offset: sqlite3_int64
    ) -> CInt {
        guard let opened = opened(file) else { return ioError(3) }
        let growth = max(0, Int(offset) + Int(count) - max(size(file, opened), Int(offset)))
        switch opened.disk.mayWrite(Int(count), growth: growth) {
        case .allowed: return opened.methods.pointee.xWrite(file, bytes, count, offset)
        case .failed: return ioError(3)
        case .full(let writable):
            // As a disk does it: what there is room for is written.
            if writable > 0 { _ = opened.methods.pointee.xWrite(file, bytes, CInt(writable), offset) }
            return SQLITE_FULL
        }
    }

    private static func sync(_ file: UnsafeMutablePointer<sqlite3_file>?, _ flags: CInt) -> CInt {
        guard let opened = opened(file), opened.disk.maySync() == .allowed else { return ioError(4) }
        return opened.methods.pointee.xSync(file, flags)
    }

    private static func truncate(_ file: UnsafeMutablePointer<sqlite3_file>?, _ size: sqlite3_int64) -> CInt {
        guard let opened = opened(file) else { return ioError(6) }
        let shrunk = Self.size(file, opened) - Int(size)
        let code = opened.methods.pointee.xTruncate(file, size)
        if code == SQLITE_OK, shrunk > 0 { opened.disk.noteShrunk(by: shrunk) }
        return code
    }

    private static func close(_ file: UnsafeMutablePointer<sqlite3_file>?) -> CInt {
        let opened = files.withLock { [key = UInt(bitPattern: file)] in $0.removeValue(forKey: key) }
        return opened?.methods.pointee.xClose(file) ?? SQLITE_OK
    }

    /// SQLite's extended codes are macros that do not import: 3 is a write, 4 a sync, 6 a truncation.
    private static func ioError(_ detail: CInt) -> CInt { SQLITE_IOERR | (detail << 8) }
}
