#if Server
import Errand
import Synchronization

/// How many wrong credentials came from each address, so that guessing slows down.
///
/// A bucket for each address fills by one with each wrong credential and empties with time. Memory is bounded: an
/// address whose bucket is empty is forgotten, and when all are full the one that empties soonest goes.
final class FailedAttempts: Sendable {
    /// How many wrong credentials an address may send at once, and in how long that many are forgotten.
    struct Limit: Sendable {
        var count = 30
        var per: Duration = .seconds(60)
    }

    private struct Bucket {
        /// When it is empty, on the steady clock.
        var empty: Duration
    }

    private let limit: Limit
    private let capacity: Int
    private let buckets = Mutex<[String: Bucket]>([:])

    init(limit: Limit = Limit(), capacity: Int = 10_000) {
        self.limit = limit
        self.capacity = capacity
    }

    /// How many addresses are remembered.
    var count: Int { buckets.withLock { $0.count } }

    /// How long an address has to wait before it may try something new; nil when it need not.
    func wait(for address: String, at now: Duration) -> Duration? {
        buckets.withLock { buckets in buckets[address].flatMap { wait($0, now) } }
    }

    /// Notes a wrong credential.
    ///
    /// - Returns: Whether it was the last one before the address has to wait.
    func note(_ address: String, at now: Duration) -> Bool {
        buckets.withLock { buckets in
            if buckets[address] == nil { makeRoom(&buckets, now) }
            let bucket = Bucket(empty: max(buckets[address]?.empty ?? now, now) + step)
            buckets[address] = bucket
            return wait(bucket, now) != nil
        }
    }

    /// For how long one wrong credential is remembered.
    private var step: Duration { limit.per / limit.count }

    private func wait(_ bucket: Bucket, _ now: Duration) -> Duration? {
        let over = bucket.empty + step - (now + limit.per)
        return over > .zero ? over : nil
    }

    private func makeRoom(_ buckets: inout [String: Bucket], _ now: Duration) {
        guard buckets.count >= capacity else { return }
        buckets = buckets.filter { $0.value.empty > now }
        guard buckets.count >= capacity, let first = buckets.min(by: { $0.value.empty < $1.value.empty }) else {
            return
        }
        buckets[first.key] = nil
    }
}
#endif
