public import Errand

/// A store under a history, and how its process can end in the middle of it.
public struct HistoryStore: Sendable {
    /// What becomes of the leases of a process that ends.
    public enum Leases: Sendable {
        /// They are stored, and last as long as they would have.
        case stored
        /// They end with the process: a run of that process is lost, one of a worker elsewhere gets a lease from now.
        case ofProcess(sessionLease: Duration)
    }

    /// Where the history is played.
    public var store: any JobStore
    /// What becomes of leases at a restart.
    public var leases: Leases
    /// Leaves the store without a word, as a process that is killed does, and opens what it had committed.
    public var restart: @Sendable () async throws -> HistoryStore

    /// Creates a store that can be restarted.
    ///
    /// - Parameters:
    ///   - store: Empty, and living by the history's clock.
    ///   - leases: What becomes of leases at a restart.
    ///   - restart: Opens what the store had committed, as a store that can be restarted again.
    public init(
        _ store: any JobStore,
        leases: Leases,
        restart: @escaping @Sendable () async throws -> HistoryStore
    ) {
        (self.store, self.leases, self.restart) = (store, leases, restart)
    }
}
