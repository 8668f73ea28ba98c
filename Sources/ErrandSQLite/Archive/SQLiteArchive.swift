public import Errand
import FoundationEssentials
import GRDB

/// A SQLite file that is read whole, to be copied.
///
/// Holds `PATH.lock`, so that nothing works on the file meanwhile, and reads by a connection that cannot write.
public final class SQLiteArchive: JobArchive {
    private let lock: SQLiteFileLock
    private let queue: DatabaseQueue
    private let clock: any JobClock

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - path: The file, with the present schema.
    ///   - clock: What time it is.
    /// - Throws: `notFound` where there is no file, `inUse` with the owner's process id, `unavailable` for an older
    ///   schema.
    public init(path: String, clock: any JobClock = SystemJobClock()) throws(JobStoreError) {
        guard FileManager.default.fileExists(atPath: path) else {
            throw JobStoreError(.notFound, "There is no file \(path) to copy from.")
        }
        self.clock = clock
        lock = try SQLiteFileLock(database: path)
        let missing = try SQLiteJobStore.migrations(ofFile: path).filter { !$0.isApplied }.map(\.name)
        guard missing.isEmpty else {
            throw JobStoreError(
                .unavailable,
                "The schema of \(path) lacks \(missing.joined(separator: ", ")). Run errand migrate on it first."
            )
        }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.label = "errand copy"
        do { queue = try DatabaseQueue(path: path, configuration: configuration) } catch {
            throw JobStoreError(opening: path, error)
        }
    }

    deinit { close() }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func close() {
        // A reader that is still busy closes with the process; it has nothing to write.
        try? queue.close()
        lock.release()
    }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func summary() async throws(JobStoreError) -> ArchiveSummary {
        try await read { reader throws(JobStoreError) in
            if let copy = try reader.earlierCopy(), !copy.isFinished { throw copy.refusal }
            return try reader.archiveSummary()
        }
    }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func page(
        _ section: ArchiveSection,
        after record: ArchiveRecord?,
        limit: Int
    ) async throws(JobStoreError) -> [ArchiveRecord] {
        try await read { reader throws(JobStoreError) in
            try reader.records(of: section, after: record, limit: limit)
        }
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (SQLiteReader) throws(JobStoreError) -> Value
    ) async throws(JobStoreError) -> Value {
        do {
            return try await queue.read { [clock] database in
                try body(SQLiteReader(database: database, leases: LeaseTable(), time: clock.now()))
            }
        } catch let error as JobStoreError {
            throw error
        } catch {
            throw JobStoreError(.unavailable, "The database cannot be read.", underlying: error)
        }
    }
}
