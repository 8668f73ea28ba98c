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
    let channel: String
    /// Marks one's own messages, which the server sends back.
    let name = String(UInt64.random(in: .min ... .max), radix: 36)

    init(pool: PostgresPool, schema: String) { (self.pool, channel) = (pool, "errand_\(schema)") }

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
            notify(ChangeMessage.encode(changes, from: name), on: link)
            let isDone = state.withLock { state in
                state.isSending = !state.pending.isEmpty
                return !state.isSending
            }
            if !isDone { sendPending() }
        }
        // The store closes: nobody is told any more.
        if !accepted { state.withLock { $0.pending = StoreChanges() } }
    }

    /// Notifies oneself, to learn whether that arrives.
    func ping(_ nonce: String) {
        // A pool that is closed closes the listener too.
        _ = pool.enqueue { [self] link in notify([ChangeMessage.ping(nonce, from: name)], on: link) }
    }

    private func notify(_ messages: [String], on link: PostgresLink) {
        // Nothing is stored by it, so that its commit need not wait for the disk. Only wakes are lost when it fails;
        // whoever lost the connection hears of it at the next call.
        _ = try? link.connection().run(
            """
            SELECT pg_notify($1::text, m), set_config('synchronous_commit', 'off', true) FROM unnest($2::text[]) m
            """,
            [.text(channel), .texts(messages)]
        )
    }
}
#endif
