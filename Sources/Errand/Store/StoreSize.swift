/// A store that can say how much room it takes; asked whenever somebody reads the metrics.
///
/// It answers from what is counted anyway, and never looks through tables.
public protocol SizedStore: Sendable {
    /// Says how much room the store takes.
    ///
    /// - Throws: `unavailable`.
    func size() async throws(JobStoreError) -> StoreSize
}

/// How much room a store takes.
public struct StoreSize: Sendable, Hashable {
    /// What its tables and indexes take on the disk; files of jobs are elsewhere.
    public var usedBytes: Int64
    /// What the write-ahead log takes beside them; nil where it is not the store's own.
    public var walBytes: Int64?
    /// How many rows nobody sees any more and no vacuum has cleared away; nil where there are none by design.
    public var deadTuples: Int64?

    /// Creates an answer.
    public init(usedBytes: Int64, walBytes: Int64? = nil, deadTuples: Int64? = nil) {
        self.usedBytes = usedBytes
        self.walBytes = walBytes
        self.deadTuples = deadTuples
    }
}
