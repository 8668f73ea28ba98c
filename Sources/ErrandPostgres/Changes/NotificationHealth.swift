#if Postgres
import Errand
import Synchronization

extension PostgresJobStore {
    /// Whether a store hears what other processes change.
    public enum Notifications: String, Sendable, CaseIterable {
        /// It does not listen, as its options say so or nobody has asked for changes yet; who cares is told to look
        /// again every five seconds.
        case off
        /// It has begun to listen, and no notification to itself has come back yet.
        case starting
        /// A notification to itself has come back within the last fifteen seconds.
        case working
        /// None comes back: the connection is lost, or a pooler swallows them. As with ``off``, and it tries again.
        case degraded
    }
}

/// What a store knows of its notifications, and who waits to know it.
final class NotificationHealth: Sendable {
    private struct Waiter {
        let isEnough: @Sendable (PostgresJobStore.Notifications) -> Bool
        let continuation: CheckedContinuation<PostgresJobStore.Notifications, Never>
    }

    private let state = Mutex((now: PostgresJobStore.Notifications.off, waiters: [Waiter]()))

    var now: PostgresJobStore.Notifications { state.withLock { $0.now } }

    func set(_ new: PostgresJobStore.Notifications) {
        let ready = state.withLock { state in
            state.now = new
            let ready = state.waiters.filter { $0.isEnough(new) }
            state.waiters.removeAll { $0.isEnough(new) }
            return ready
        }
        for waiter in ready { waiter.continuation.resume(returning: new) }
    }

    /// Waits until the state is one that the caller waits for.
    func wait(
        for isEnough: @escaping @Sendable (PostgresJobStore.Notifications) -> Bool
    ) async -> PostgresJobStore.Notifications {
        await withCheckedContinuation { continuation in
            let now = state.withLock { state in
                if isEnough(state.now) { return Optional(state.now) }
                state.waiters.append(Waiter(isEnough: isEnough, continuation: continuation))
                return nil
            }
            if let now { continuation.resume(returning: now) }
        }
    }
}
#endif
