// A semaphore: opening is synchronous and waits for the writer thread.
import Dispatch
import Errand
import FoundationEssentials
import GRDB
import GRDBSQLite
import Synchronization

/// An open database file: its lock, its writer thread, and its readers.
final class SQLiteDatabase: Sendable {
    let writer = SQLiteWriter()
    /// For questions that take microseconds.
    let sharedReads: SharedReads
    let path: String
    private let pool: DatabasePool
    private let lock: SQLiteFileLock
    private let isClosed = Mutex(false)

    /// Opens the file and starts the writer thread, or throws why that cannot be.
    init(
        path: String,
        options: SQLiteJobStore.Options,
        leases: LeaseTable,
        hub: ChangeHub
    ) throws(JobStoreError) {
        self.path = path
        lock = try SQLiteFileLock(database: path)
        var configuration = Configuration()
        configuration.label = "errand"
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 4
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
            try SQLiteMigrations.run(on: pool)
        } catch let error as JobStoreError {
            throw error
        } catch {
            throw JobStoreError(opening: path, error)
        }
        sharedReads = SharedReads(pool: pool, leases: leases, clock: options.clock)
        let opened = Opening()
        writer.start { [pool] writer in
            opened.finish(Self.write(with: writer, on: pool, options: options, leases: leases, hub: hub, opened))
        }
        if let failure = opened.wait() { throw failure }
    }

    /// The writer thread's whole life: it holds the pool's writing connection until the store is closed.
    private static func write(
        with writer: SQLiteWriter,
        on pool: DatabasePool,
        options: SQLiteJobStore.Options,
        leases: LeaseTable,
        hub: ChangeHub,
        _ opened: Opening
    ) -> JobStoreError? {
        do {
            try pool.writeWithoutTransaction { database in
                guard let handle = database.sqliteConnection else { return }
                let session = SQLiteSession(handle, options: options, leases: leases, hub: hub)
                defer { session.sql.finalize() }
                session.goingOn.enqueue = { writer.enqueue($0) }
                try session.prepare(isDurable: options.isDurable, sessionLease: options.sessionLease)
                opened.finish(nil)
                writer.run(session)
                // GRDB closes its readers last, and they may not write: nobody else would bring the log into the file.
                // What stays in it, because somebody still reads or the disk is full, the next opening finds there.
                try? session.sql.execute("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)")
            }
            return nil
        } catch let error as JobStoreError {
            return error
        } catch {
            return JobStoreError(.unavailable, "The database cannot be written.", underlying: error)
        }
    }

    func announce(url: String) { lock.write(SQLiteFileOwner(pid: SQLiteFileOwner.thisProcess, url: url)) }

    func read<Value: Sendable>(
        leases: LeaseTable,
        clock: any JobClock,
        _ body: @escaping @Sendable (SQLiteReader) throws(JobStoreError) -> Value
    ) async throws(JobStoreError) -> Value {
        do {
            return try await pool.read { database in
                try body(SQLiteReader(database: database, leases: leases, time: clock.now()))
            }
        } catch let error as JobStoreError {
            throw error
        } catch {
            throw JobStoreError(.unavailable, "The database cannot be read.", underlying: error)
        }
    }

    func close() {
        let isFirst = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return !isClosed
        }
        guard isFirst else { return }
        writer.close()
        do {
            try pool.close()
        } catch {
            // A reader is still busy; its connection closes when it is done, and nothing is left to be written.
        }
        lock.release()
    }
}

/// Lets the opener wait until the writer thread is ready, or has failed.
private final class Opening: Sendable {
    private let failure = Mutex<JobStoreError??>(nil)
    private let signal = DispatchSemaphore(value: 0)

    /// The first call decides.
    func finish(_ error: JobStoreError?) {
        let isFirst = failure.withLock { failure in
            guard failure == nil else { return false }
            failure = .some(error)
            return true
        }
        if isFirst { signal.signal() }
    }

    func wait() -> JobStoreError? {
        signal.wait()
        return failure.withLock { $0 } ?? nil
    }
}

extension SQLiteSession {
    /// Makes the connection ready to write, and reads back what the memory holds.
    func prepare(isDurable: Bool, sessionLease: Duration) throws(JobStoreError) {
        // GRDB sets NORMAL when it turns WAL on, which acknowledges commits that a power cut takes back.
        try sql.execute("PRAGMA synchronous = \(isDurable ? "FULL" : "OFF")")
        guard try SQLStatement(sql.database, "PRAGMA synchronous").onlyInt() == (isDurable ? 2 : 0) else {
            throw JobStoreError(.unavailable, "SQLite refused to write durably (PRAGMA synchronous).")
        }
        try sql.execute("PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384")
        try remember()
        try recoverLeases(sessionLease: sessionLease)
        try recoverStops(sessionLease: sessionLease)
        forgetUndo()
    }
}

extension JobStoreError {
    init(opening path: String, _ error: any Error) {
        guard let error = error as? DatabaseError else {
            self.init(.unavailable, "Cannot open \(path): \(error).", underlying: error)
            return
        }
        let code: Code =
            switch error.resultCode {
            case .SQLITE_FULL: .full
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt
            default: .unavailable
            }
        self.init(code, "Cannot open \(path): \(error.message ?? error.resultCode.description).", underlying: error)
    }
}
