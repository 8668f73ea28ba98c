#if Postgres
import Errand
import Synchronization

/// Tells the other processes what changed.
///
/// A NOTIFY takes a lock of the whole database when it commits, so it is not part of any transaction: what changes
/// while one is under way is merged, and goes with the next. It only wakes; what is lost with a connection is found by
/// those who poll.
final class ChangeSender: Sendable {
    private struct State {
        var pending = StoreChanges()
        var isSending = false
    }

    private let state = Mutex(State())
    private let pool: PostgresPool
    private let channel: String
    /// Marks one's own messages, which the server sends back.
    private let sender: String

    init(pool: PostgresPool, channel: String, sender: String) {
        (self.pool, self.channel, self.sender) = (pool, channel, sender)
    }

    func send(_ changes: StoreChanges) {
        let starts = state.withLock { state in
            state.pending.merge(changes)
            defer { state.isSending = true }
            return !state.isSending
        }
        if starts { sendPending() }
    }

    private func sendPending() {
        let accepted = pool.enqueue { [self] link in
            let changes = state.withLock { state in
                defer { state.pending = StoreChanges() }
                return state.pending
            }
            // Only wakes are lost; whoever lost the connection hears of it at the next call.
            // Nothing is stored by it, so that its commit need not wait for the disk.
            _ = try? link.connection().run(
                """
                SELECT pg_notify($1::text, m), set_config('synchronous_commit', 'off', true)
                FROM unnest($2::text[]) m
                """,
                [.text(channel), .texts(ChangeMessage.encode(changes, from: sender))]
            )
            let isDone = state.withLock { state in
                state.isSending = !state.pending.isEmpty
                return !state.isSending
            }
            if !isDone { sendPending() }
        }
        // The store closes: nobody is told any more.
        if !accepted { state.withLock { $0.pending = StoreChanges() } }
    }
}
#endif
