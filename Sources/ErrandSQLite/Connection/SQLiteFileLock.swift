import Errand
import FoundationEssentials
import Synchronization

// flock, which the system gives back however the process dies.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Holds `PATH.lock` for as long as this process owns a database file.
///
/// The lock is on a file of its own because a POSIX lock on the database would be dropped as soon as any descriptor of
/// the database in this process closes. The operating system gives it back when the process dies, however it dies.
final class SQLiteFileLock: Sendable {
    /// Nil once the lock is given back.
    private let descriptor: Mutex<CInt?>
    let path: String

    /// Takes the lock, or throws `inUse` with what the owner wrote about itself.
    init(database: String) throws(JobStoreError) {
        path = database + ".lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw JobStoreError(.unavailable, "Cannot open \(path): \(String(cString: strerror(errno))).")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let owner = SQLiteFileOwner.read(path)
            close(descriptor)
            throw .inUse(database, owner: owner)
        }
        self.descriptor = Mutex(descriptor)
        write(SQLiteFileOwner(pid: SQLiteFileOwner.thisProcess, url: nil))
    }

    deinit { release() }

    /// Gives the file to whoever asks next.
    func release() {
        descriptor.withLock { descriptor in
            guard let open = descriptor else { return }
            // Closing alone would leave the lock with a child that was forked and has not begun its program yet.
            flock(open, LOCK_UN)
            close(open)
            descriptor = nil
        }
    }

    /// Tells other processes who owns the file and where it answers.
    func write(_ owner: SQLiteFileOwner) {
        let text = Array(owner.text.utf8)
        descriptor.withLock { descriptor in
            guard let descriptor else { return }
            // What the file says only helps a reader; holding the lock is what counts.
            _ = ftruncate(descriptor, 0)
            _ = pwrite(descriptor, text, text.count, 0)
        }
    }
}

/// What the owner of a database file says about itself in `PATH.lock`: its process id and, when it serves, its URL.
public struct SQLiteFileOwner: Sendable, Hashable {
    /// The owner's process id.
    public var pid: Int32
    /// Where its HTTP API answers.
    public var url: String?

    static var thisProcess: Int32 { getpid() }

    var text: String { "\(pid)\n\(url ?? "")\n" }

    /// Finds out who owns a database file now; nil when nobody does.
    ///
    /// - Parameter database: The path of the database file.
    /// - Returns: The owner, while it holds the lock.
    public static func current(of database: String) -> SQLiteFileOwner? {
        let path = database + ".lock"
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return nil }
        return read(path)
    }

    static func read(_ path: String) -> SQLiteFileOwner? {
        // A lock file that cannot be read or parsed says nothing; the caller reports the lock without its owner.
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let pid = lines.first.flatMap({ Int32($0) }) else { return nil }
        let url = lines.count > 1 && !lines[1].isEmpty ? String(lines[1]) : nil
        return SQLiteFileOwner(pid: pid, url: url)
    }
}

extension JobStoreError {
    fileprivate static func inUse(_ database: String, owner: SQLiteFileOwner?) -> JobStoreError {
        let pid = owner.map { "process \($0.pid)" } ?? "another process"
        return JobStoreError(
            .inUse,
            "\(database) is owned by \(pid). One process at a time can use a SQLite store; "
                + "talk to that process, or use PostgreSQL to run several processes."
        )
    }
}
