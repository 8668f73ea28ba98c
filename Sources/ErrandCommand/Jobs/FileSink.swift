#if Server
import FoundationEssentials
import Synchronization

// open and rename: FoundationEssentials has no way to write a file in pieces.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Where a downloaded file goes: standard output, or a path where it appears once it is whole.
final class FileSink: Sendable {
    private let path: String?
    private let partial: String
    private let descriptor: Int32
    private let count = Mutex<Int64>(0)

    /// How many bytes were written.
    var bytes: Int64 { count.withLock { $0 } }

    /// Opens a path; nil is standard output.
    init(path: String?) throws {
        self.path = path
        partial = "\(path ?? "").part-\(getpid())"
        guard let path else {
            descriptor = STDOUT_FILENO
            return
        }
        descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CommandFailure(.cannotCreate, "Cannot write \(path): \(String(cString: strerror(errno))).")
        }
    }

    deinit {
        guard path != nil, descriptor >= 0 else { return }
        close(descriptor)
        // Gone already when the file was finished.
        unlink(partial)
    }

    func write(_ bytes: [UInt8]) throws {
        try StandardStream(descriptor: descriptor).write(bytes.span, to: path ?? "standard output")
        count.withLock { $0 += Int64(bytes.count) }
    }

    /// Puts the file in its place.
    func finish() throws {
        guard let path else { return }
        guard rename(partial, path) == 0 else {
            throw CommandFailure(.cannotCreate, "Cannot write \(path): \(String(cString: strerror(errno))).")
        }
    }
}
#endif
