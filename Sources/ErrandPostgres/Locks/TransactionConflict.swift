#if Postgres
import Errand
import Logging
import Metrics
import Synchronization

/// Why a transaction was rolled back that may succeed when it is run again: others were in its way.
enum TransactionConflict: String, CaseIterable {
    /// It and others waited for each other (`40P01`), which the order of locks is there to prevent.
    case deadlock
    /// The server could not put it behind others (`40001`).
    case serialization
    /// Others have taken a key or an identifier of its (`23505`): what it collided with is found by the second run.
    case collision
    /// It learnt too late of what it should have locked before.
    case order

    /// - Returns: Nil for an error that running again does not mend.
    init?(_ error: JobStoreError) {
        switch error.postgres?.sqlState {
        case "40P01": self = .deadlock
        case "40001": self = .serialization
        case "23505": self = .collision
        default:
            guard error.lateLocks != nil else { return nil }
            self = .order
        }
    }

    /// How long to wait before the run after so many, so that those who met do not meet again.
    func pause(after attempts: Int) -> Duration {
        switch self {
        case .deadlock, .serialization: .milliseconds(Int.random(in: 0...min(500, 5 << min(attempts, 10))))
        // The second run waits for the others in order.
        case .collision, .order: .zero
        }
    }
}

/// Counts what was in the way of a store's transactions, and says so in the log where it should not have been.
final class TransactionConflicts: Sendable {
    private let counts = Mutex<[TransactionConflict: Int]>([:])
    private let outages = OutageLog()
    private let logger: Logger
    private let start = ContinuousClock.now

    init(logger: Logger) { self.logger = logger }

    subscript(conflict: TransactionConflict) -> Int { counts.withLock { $0[conflict] ?? 0 } }

    /// Notes that a transaction was rolled back.
    ///
    /// - Parameters:
    ///   - conflict: Why.
    ///   - error: What the server said.
    ///   - attempts: How often it was tried by now.
    func note(_ conflict: TransactionConflict, _ error: JobStoreError, attempts: Int) {
        counts.withLock { $0[conflict, default: 0] += 1 }
        Counter(label: "errand_store_conflicts_total", dimensions: [("kind", conflict.rawValue)]).increment()
        guard conflict == .deadlock || conflict == .serialization else { return }
        outages.log(
            "PostgreSQL rolled a transaction back because of others: \(error)",
            .warning,
            to: logger,
            metadata: ["kind": "\(conflict.rawValue)", "attempts": "\(attempts)"],
            at: start.duration(to: .now)
        )
    }
}
#endif
