#if Postgres
// A timer that fires whatever tasks do; it ends by itself.
import Dispatch
import Errand
import Synchronization

/// Tells the other processes what changed.
///
/// A NOTIFY takes a lock of the whole database when it commits and wakes every process, so it is not part of any
/// transaction and does not follow each one: the first change is told at once, and those of the next moment are merged
/// into one more message. It only wakes; what is lost with a connection is found by those who poll.
final class ChangeSender: Sendable {
    private struct State {
        var pending = StoreChanges()
        /// Whether what is pending will be sent without anybody's doing.
        var isUnderWay = false
    }

    /// How long a message waits for more to tell after the last one.
    private static let pause = DispatchTimeInterval.milliseconds(10)

    private let state = Mutex(State())
    private let pool: PostgresPool
    let channel: String
    /// Marks one's own messages, which the server sends back.
    let name = String(UInt64.random(in: .min ... .max), radix: 36)

    init(pool: PostgresPool, schema: String) { (self.pool, channel) = (pool, "errand_\(schema)") }

    func send(_ changes: StoreChanges) {
        let starts = state.withLock { state in
            state.pending.merge(changes)
            defer { state.isUnderWay = true }
            return !state.isUnderWay
        }
        if starts { sendPending() }
    }

    /// Sends what waits, as there will be no later.
    func flush() {
        _ = pool.enqueue { [self] link in
            notify(takePending(), on: link)
            return .done
        }
    }

    private func sendPending() {
        let accepted = pool.enqueue { [self] link in
            notify(takePending(), on: link)
            DispatchQueue.global().asyncAfter(deadline: .now() + Self.pause) { [self] in goOn() }
            return .done
        }
        // The store closes: nobody is told any more.
        if !accepted { state.withLock { $0.pending = StoreChanges() } }
    }

    private func goOn() {
        let hasMore = state.withLock { state in
            state.isUnderWay = !state.pending.isEmpty
            return state.isUnderWay
        }
        if hasMore { sendPending() }
    }

    private func takePending() -> StoreChanges {
        state.withLock { state in
            defer { state.pending = StoreChanges() }
            return state.pending
        }
    }

    private func notify(_ changes: StoreChanges, on link: PostgresLink) {
        guard !changes.isEmpty else { return }
        notify(ChangeMessage.encode(changes, from: name), on: link)
    }

    /// Notifies oneself, to learn whether that arrives.
    func ping(_ nonce: String) {
        // A pool that is closed closes the listener too.
        _ = pool.enqueue { [self] link in
            notify([ChangeMessage.ping(nonce, from: name)], on: link)
            return .done
        }
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
