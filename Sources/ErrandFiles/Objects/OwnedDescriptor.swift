#if Files
import Errand

#if canImport(Darwin)
import Darwin  // For openat, fsync and pread.
#elseif canImport(Glibc)
import Glibc  // For openat, fsync and pread.
#endif

/// An open file or folder, closed when its owner lets go of it.
struct OwnedDescriptor: ~Copyable, Sendable {
    let raw: Int32

    init(raw: Int32) { self.raw = raw }

    deinit { close(raw) }

    /// Opens a name in a folder without following a symbolic link there.
    init(open name: Substring, in folder: Int32, flags: Int32, mode: mode_t = 0o600) throws(ObjectStoreError) {
        var descriptor: Int32
        repeat {
            descriptor = openat(folder, String(name), flags | O_NOFOLLOW | O_CLOEXEC, mode)
        } while descriptor < 0 && errno == EINTR
        guard descriptor >= 0 else { throw ObjectStoreError(posix: errno, "open \(name)") }
        raw = descriptor
    }

    func synchronize(_ what: String) throws(ObjectStoreError) {
        guard fsync(raw) == 0 else { throw ObjectStoreError(posix: errno, "flush \(what)") }
    }

    /// Writes all of the bytes; `write` is the system's unless a test fills the disk.
    func write(_ bytes: [UInt8], with write: FileWrite) throws(ObjectStoreError) {
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes { write(raw, UnsafeRawBufferPointer(rebasing: $0[start...])) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw ObjectStoreError(posix: errno, "write a file") }
            start += count
        }
    }

    /// Reads what there is at an offset, up to a number of bytes; empty at the end.
    func read(at offset: Int64, count: Int) throws(ObjectStoreError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, length in
            var got: Int
            repeat { got = pread(raw, buffer.baseAddress, count, off_t(offset)) } while got < 0 && errno == EINTR
            if got < 0 { failure = errno }
            length = max(got, 0)
        }
        guard failure == 0 else { throw ObjectStoreError(posix: failure, "read a file") }
        return bytes
    }
}

/// The system's `write`, or a test's.
typealias FileWrite = @Sendable (Int32, UnsafeRawBufferPointer) -> Int

extension ObjectStoreError {
    /// What a system call's failure means for an object.
    init(posix code: Int32, _ action: String) {
        let reason = String(cString: strerror(code))
        switch code {
        case ENOENT: self.init(.notFound, "Could not \(action): there is no such object.")
        case ENOSPC, EDQUOT: self.init(.full, "Could not \(action): \(reason). Free some space on the store's disk.")
        case ELOOP, ENOTDIR:
            self.init(.invalid, "Could not \(action): a symbolic link or a file is where a folder should be.")
        default: self.init(.unavailable, "Could not \(action): \(reason).")
        }
    }
}
#endif
