public import Errand
import FoundationEssentials

/// A SQLite file that is filled by a copy.
public final class SQLiteArchiveTarget: JobArchiveTarget {
    private let path: String
    private let options: SQLiteJobStore.Options
    private let store: SQLiteJobStore

    /// Opens a file, or makes it.
    ///
    /// - Parameters:
    ///   - path: The file; its folder must exist.
    ///   - options: What else there is to say.
    /// - Throws: What opening a ``SQLiteJobStore`` throws.
    public init(
        path: String,
        options: SQLiteJobStore.Options = SQLiteJobStore.Options()
    ) async throws(JobStoreError) {
        self.path = path
        self.options = options
        var filling = options
        filling.isBeingFilled = true
        store = try await SQLiteJobStore(path: path, options: filling)
    }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func close() { store.close() }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func begin(from source: String, _ summary: ArchiveSummary) async throws(JobStoreError) -> ArchiveStart {
        try await store.write { session throws(JobStoreError) in try session.beginCopy(from: source, summary) }
    }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func write(_ records: [ArchiveRecord]) async throws(JobStoreError) {
        try await store.write { session throws(JobStoreError) in
            for record in records { try session.restore(record) }
        }
    }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func finish(from source: String, _ summary: ArchiveSummary) async throws(JobStoreError) {
        try await store.write { session throws(JobStoreError) in try session.finishCopy(from: source, summary) }
        // What a store remembers it reads when it is opened; then it also takes back the runs that were left over.
        store.close()
        try await SQLiteJobStore(path: path, options: options).close()
    }
}
