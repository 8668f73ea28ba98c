#if Postgres
import Errand
import Synchronization

/// What a store remembers of writes that met a full disk: the server alone knows how much room it has.
final class DiskHealth: Sendable {
    /// For how long a write that failed so says something about the next.
    static let memory = Duration.seconds(60)

    private let last = Mutex<(error: JobStoreError, at: ContinuousClock.Instant)?>(nil)

    /// Notes how a write failed.
    func note(_ error: JobStoreError) {
        guard error.code == .full else { return }
        last.withLock { $0 = (error, .now) }
    }

    /// Throws what a write of the last minute met, where that was a full disk.
    func check(at now: ContinuousClock.Instant = .now) throws(JobStoreError) {
        guard let last = last.withLock({ $0 }), last.at.duration(to: now) < Self.memory else { return }
        throw last.error
    }
}
#endif
