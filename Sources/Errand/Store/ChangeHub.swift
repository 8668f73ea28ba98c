import Synchronization

/// Passes a store's changes on to its subscribers, merging what a slow one has not taken yet.
///
/// Memory is bounded: a subscriber that falls behind by more than its capacity is told to read again. Who watches one
/// job or one tenant costs nothing while others change, so that thousands may.
public final class ChangeHub: Sendable {
    fileprivate struct Subscriber {
        var interest: ChangeInterest
        /// The only jobs it wants to hear of; nil is all.
        var watched: WatchedJobs?
        var pending = StoreChanges()
        var waiter: Waiter?
    }

    fileprivate typealias Waiter = CheckedContinuation<StoreChanges?, Never>

    fileprivate struct State {
        var subscribers: [UInt64: Subscriber] = [:]
        /// Those who want to hear of all jobs.
        var listeners: Set<UInt64> = []
        var watchers: [WatchedJobs: Set<UInt64>] = [:]
        var watchedTenants = 0
        /// How many want to hear of each kind, by its bit.
        var interested: [UInt8: Int] = [:]
        var nextKey: UInt64 = 0
        var isFinished = false
    }

    private let state = Mutex(State())
    private let capacity: Int

    /// Creates a hub.
    ///
    /// - Parameter capacity: How many changed jobs are remembered for a subscriber that does not take them.
    public init(capacity: Int = 4096) { self.capacity = capacity }

    /// What anybody wants to hear of; lets a store leave out the work of telling what nobody asked for.
    public var interest: ChangeInterest {
        state.withLock { $0.interested.keys.reduce(into: []) { $0.formUnion(ChangeInterest(rawValue: $1)) } }
    }

    /// Adds a subscriber, who hears of everything published from now on.
    public func subscribe(_ interest: ChangeInterest) -> StoreChangeStream { subscribe(interest, to: nil) }

    /// Adds a subscriber, who hears of every change of some jobs that is published from now on.
    public func subscribe(to watched: WatchedJobs) -> StoreChangeStream { subscribe(.jobs, to: watched) }

    private func subscribe(_ interest: ChangeInterest, to watched: WatchedJobs?) -> StoreChangeStream {
        let key = state.withLock { state in
            state.nextKey += 1
            if !state.isFinished { state.add(Subscriber(interest: interest, watched: watched), as: state.nextKey) }
            return state.nextKey
        }
        return StoreChangeStream(hub: self, key: key)
    }

    /// Tells everybody who is interested.
    public func publish(_ changes: StoreChanges) {
        let ready = state.withLock { state in
            var ready: [(Waiter, StoreChanges)] = []
            for key in state.listeners { state.tell(changes, to: key, capacity, &ready) }
            guard !state.watchers.isEmpty else { return ready }
            if changes.isIncomplete {
                var news = StoreChanges()
                news.isIncomplete = true
                for key in state.watchers.values.joined() { state.tell(news, to: key, capacity, &ready) }
            }
            for (watched, news) in state.watched(in: changes) {
                for key in state.watchers[watched] ?? [] { state.tell(news, to: key, capacity, &ready) }
            }
            return ready
        }
        for (waiter, changes) in ready { waiter.resume(returning: changes) }
    }

    /// Ends every stream, as a store does when it closes.
    public func finish() {
        let waiters = state.withLock { state in
            defer {
                state = State()
                state.isFinished = true
            }
            return state.subscribers.values.compactMap(\.waiter)
        }
        for waiter in waiters { waiter.resume(returning: nil) }
    }

    func next(_ key: UInt64) async -> StoreChanges? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: StoreChanges?? = state.withLock { state in
                    guard !Task.isCancelled, let subscriber = state.subscribers[key] else { return .some(nil) }
                    if subscriber.pending.isEmpty {
                        state.subscribers[key]?.waiter = continuation
                        return nil
                    }
                    state.subscribers[key]?.pending = StoreChanges()
                    return .some(subscriber.pending)
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            unsubscribe(key)
        }
    }

    func unsubscribe(_ key: UInt64) {
        let waiter = state.withLock { $0.remove(key)?.waiter }
        waiter?.resume(returning: nil)
    }
}

extension ChangeHub.State {
    fileprivate mutating func add(_ subscriber: ChangeHub.Subscriber, as key: UInt64) {
        subscribers[key] = subscriber
        for bit in subscriber.interest.bits { interested[bit, default: 0] += 1 }
        guard let watched = subscriber.watched else {
            listeners.insert(key)
            return
        }
        watchers[watched, default: []].insert(key)
        if watched.isTenant { watchedTenants += 1 }
    }

    fileprivate mutating func remove(_ key: UInt64) -> ChangeHub.Subscriber? {
        guard let subscriber = subscribers.removeValue(forKey: key) else { return nil }
        for bit in subscriber.interest.bits {
            let left = interested[bit, default: 1] - 1
            interested[bit] = left > 0 ? left : nil
        }
        listeners.remove(key)
        guard let watched = subscriber.watched else { return subscriber }
        watchers[watched]?.remove(key)
        if watchers[watched]?.isEmpty == true { watchers[watched] = nil }
        if watched.isTenant { watchedTenants -= 1 }
        return subscriber
    }

    /// What is news to those who watch something.
    fileprivate func watched(in changes: StoreChanges) -> [WatchedJobs: StoreChanges] {
        var news: [WatchedJobs: StoreChanges] = [:]
        for (id, change) in changes.jobs {
            if watchers[.job(id)] != nil { news[.job(id), default: StoreChanges()].jobs[id] = change }
            guard watchedTenants > 0, let tenant = change.tenantId, watchers[.tenant(tenant)] != nil else { continue }
            news[.tenant(tenant), default: StoreChanges()].jobs[id] = change
        }
        return news
    }

    /// Notes what is news to a subscriber, and takes it out if it waits.
    fileprivate mutating func tell(
        _ news: StoreChanges,
        to key: UInt64,
        _ capacity: Int,
        _ ready: inout [(ChangeHub.Waiter, StoreChanges)]
    ) {
        guard let interest = subscribers[key]?.interest else { return }
        // In place: a copy of what a slow subscriber has not taken would cost as much as all of it.
        subscribers[key]?.pending.merge(news, interest: interest, capacity: capacity)
        guard let subscriber = subscribers[key], let waiter = subscriber.waiter, !subscriber.pending.isEmpty else {
            return
        }
        ready.append((waiter, subscriber.pending))
        subscribers[key]?.waiter = nil
        subscribers[key]?.pending = StoreChanges()
    }
}

extension WatchedJobs {
    fileprivate var isTenant: Bool { if case .tenant = self { true } else { false } }
}

extension ChangeInterest {
    /// Each kind by itself.
    fileprivate var bits: [UInt8] { (0..<8).map { 1 << $0 }.filter { rawValue & $0 != 0 } }
}

/// Ends the subscription when the last copy of its stream goes away.
private final class Subscription: Sendable {
    let hub: ChangeHub
    let key: UInt64

    init(hub: ChangeHub, key: UInt64) {
        self.hub = hub
        self.key = key
    }

    deinit { hub.unsubscribe(key) }
}

/// A store's changes, merged between two reads; for one reader.
public struct StoreChangeStream: AsyncSequence, AsyncIteratorProtocol, Sendable {
    private let subscription: Subscription

    fileprivate init(hub: ChangeHub, key: UInt64) { subscription = Subscription(hub: hub, key: key) }

    /// Waits for the next changes; nil when the store closed or the task was cancelled.
    public mutating func next() async -> StoreChanges? { await subscription.hub.next(subscription.key) }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func makeAsyncIterator() -> StoreChangeStream { self }
}
