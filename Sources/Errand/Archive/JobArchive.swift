/// A store that is read whole, to be copied; nothing in it is changed.
public protocol JobArchive: Sendable {
    /// Says what there is now; pages show that moment until this is asked again.
    ///
    /// - Throws: `inUse` while something works on the store, `unavailable` when its schema is not the present one.
    func summary() async throws(JobStoreError) -> ArchiveSummary

    /// Reads records of a section in their order, at most `limit` behind one that was read before.
    ///
    /// - Returns: The records; none at the end.
    func page(
        _ section: ArchiveSection,
        after record: ArchiveRecord?,
        limit: Int
    ) async throws(JobStoreError) -> [ArchiveRecord]

    /// Lets go of the store.
    func close()
}

/// A store that is filled by a copy.
public protocol JobArchiveTarget: Sendable {
    /// Makes the store ready for a copy, and keeps in mind which one it is.
    ///
    /// - Parameters:
    ///   - source: What a person calls the source.
    ///   - summary: What there is in it.
    /// - Returns: How far an earlier run of the same copy came.
    /// - Throws: `conflict` when there is something in the store that is not from this copy.
    func begin(from source: String, _ summary: ArchiveSummary) async throws(JobStoreError) -> ArchiveStart

    /// Writes records of one section; those that are there already stay as they are.
    func write(_ records: [ArchiveRecord]) async throws(JobStoreError)

    /// Makes the store one to work with: sets the counters, counts the jobs, takes back runs that were left over.
    ///
    /// Until then the store refuses to be opened.
    func finish(from source: String, _ summary: ArchiveSummary) async throws(JobStoreError)

    /// Lets go of the store.
    func close()
}

/// How far an earlier run of a copy came.
public enum ArchiveStart: Sendable, Hashable {
    /// There was none.
    case new
    /// It was interrupted.
    case interrupted
    /// It was finished: there is nothing left to do.
    case finished
}

/// What there is in a store, as far as a copy must know it.
public struct ArchiveSummary: Sendable, Hashable {
    /// How many records each section has.
    public var counts: [ArchiveSection: Int64]
    /// The highest number that a job was ever given.
    public var lastNumber: Int64
    /// The highest number that a dataset's generation was ever given.
    public var lastGeneration: Int64
    /// The sum of the jobs' revisions and fences, and of what changes of keys and webhooks: another one after each
    /// change.
    public var changes: Int64

    /// Creates a summary.
    public init(counts: [ArchiveSection: Int64], lastNumber: Int64, lastGeneration: Int64, changes: Int64) {
        self.counts = counts
        self.lastNumber = lastNumber
        self.lastGeneration = lastGeneration
        self.changes = changes
    }

    /// The same text for the same content; another one once something has worked on the store.
    package var fingerprint: String {
        let counts = ArchiveSection.allCases.map { String(self.counts[$0] ?? 0) }
        return (counts + [String(lastNumber), String(lastGeneration), String(changes)]).joined(separator: ".")
    }
}

extension ArchiveSummary {
    /// Whether an earlier copy that a store keeps in mind is this one, and how far it came.
    ///
    /// - Parameters:
    ///   - source: Where this copy is from.
    ///   - earlier: What the store keeps in mind; nil when nothing was copied to it.
    ///   - isEmpty: Whether the store holds nothing.
    /// - Returns: How to begin.
    /// - Throws: `conflict`, with what to do.
    package func start(
        from source: String,
        after earlier: EarlierCopy?,
        isEmpty: Bool
    ) throws(JobStoreError) -> ArchiveStart {
        guard let earlier else {
            if isEmpty { return .new }
            throw JobStoreError(
                .conflict,
                "The target holds jobs, uploads or datasets of its own, whose numbers would collide with those that "
                    + "are copied. Copy to an empty store: another file, another schema."
            )
        }
        guard earlier.source == source else {
            throw JobStoreError(
                .conflict,
                "The target was filled, or begun to be, from another source, \(earlier.source). Copy to an empty store."
            )
        }
        if earlier.isFinished, earlier.fingerprint == fingerprint { return .finished }
        guard earlier.fingerprint == fingerprint else {
            throw JobStoreError(
                .conflict,
                "Since the copy to this target was \(earlier.isFinished ? "finished" : "begun"), something has worked "
                    + "on the source. Delete the target (its file or its schema) and copy again."
            )
        }
        return .interrupted
    }
}

/// What a store keeps in mind of the copy that filled it.
package struct EarlierCopy: Sendable {
    package let source: String
    package let fingerprint: String
    package let isFinished: Bool

    package init(source: String, fingerprint: String, isFinished: Bool) {
        self.source = source
        self.fingerprint = fingerprint
        self.isFinished = isFinished
    }

    /// What a store says that is asked to work before the copy to it is finished.
    package var refusal: JobStoreError {
        JobStoreError(
            .unavailable,
            "The store is being filled from \(source) and is not whole yet. Run that errand copy again to its end."
        )
    }
}
