public import Errand

// open, write and unlink, which FoundationEssentials does not have.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension SQLiteJobStore: WriteProbing {
    public func probeWrite() async throws {
        let path = database.path
        // On the writer's thread, which waits for disks as it is.
        try await write { session throws(JobStoreError) in
            try FolderProbe(beside: path).write()
            // Sets a number that nothing reads to what it is: the page is written and the commit flushed all the same.
            try session.sql("PRAGMA user_version = 0").run()
        }
    }
}

/// Finds out whether a file could grow in the database's folder: the database and its log may still have room within.
struct FolderProbe {
    /// About as much as a submit may need at once.
    private static let size = 256 * 1024

    private let path: String

    init(beside database: String) { path = "\(database)-probe" }

    func write() throws(JobStoreError) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("make a file beside the database") }
        defer { close(file) }
        // It has no name from here on, so that a crash leaves nothing.
        unlink(path)
        let bytes = [UInt8](repeating: 0x45, count: Self.size)
        var left = bytes[...]
        while !left.isEmpty {
            let count = left.withUnsafeBytes { systemWrite(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write beside the database") }
            left = left.dropFirst(count)
        }
    }

    private func failure(_ action: String) -> JobStoreError {
        let (code, reason) = (errno, String(cString: strerror(errno)))
        let isFull = code == ENOSPC || code == EDQUOT
        return JobStoreError(isFull ? .full : .unavailable, "Could not \(action): \(reason).")
    }
}

private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(file, bytes, count) }
