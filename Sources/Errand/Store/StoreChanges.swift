import Synchronization

/// What a subscriber wants to hear of.
public struct ChangeInterest: OptionSet, Sendable, Hashable {
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public let rawValue: UInt8
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Queues in which jobs may have become claimable.
    public static let wakeUps = ChangeInterest(rawValue: 1)
    /// Runs whose lease was taken away by a cancel.
    public static let revocations = ChangeInterest(rawValue: 2)
    /// Jobs that changed visibly.
    public static let jobs = ChangeInterest(rawValue: 4)
}

/// That a job changed; its state is to be read, not guessed from this.
public struct JobChange: Sendable, Hashable {
    /// The job.
    public var id: JobID
    /// Whose it is.
    public var tenantId: String?
    /// The project within the tenant.
    public var projectId: String?
    /// The job's revision after the change; nil when it was deleted.
    public var rev: Int64?

    /// Creates a change.
    public init(id: JobID, tenantId: String?, projectId: String?, rev: Int64?) {
        self.id = id
        self.tenantId = tenantId
        self.projectId = projectId
        self.rev = rev
    }
}

/// Everything that changed since the subscriber last looked, merged.
public struct StoreChanges: Sendable, Hashable {
    /// Queues in which jobs may have become claimable.
    public var queues: Set<String> = []
    /// Runs whose lease was taken away.
    public var revoked: Set<JobLease> = []
    /// The last change of each changed job.
    public var jobs: [JobID: JobChange] = [:]
    /// More jobs changed than are remembered for a slow subscriber: read again what you care about.
    public var isIncomplete = false

    /// Creates no change.
    public init() {}

    /// Whether nothing changed.
    public var isEmpty: Bool { queues.isEmpty && revoked.isEmpty && jobs.isEmpty && !isIncomplete }

    /// Adds what changed after this.
    package mutating func merge(_ other: StoreChanges) {
        if !other.queues.isEmpty { queues.formUnion(other.queues) }
        if !other.revoked.isEmpty { revoked.formUnion(other.revoked) }
        if !other.jobs.isEmpty { jobs.merge(other.jobs) { _, new in new } }
        isIncomplete = isIncomplete || other.isIncomplete
    }

    mutating func merge(_ other: StoreChanges, interest: ChangeInterest, capacity: Int) {
        if interest.contains(.wakeUps) { queues.formUnion(other.queues) }
        if interest.contains(.revocations) { revoked.formUnion(other.revoked) }
        guard interest.contains(.jobs), !isIncomplete || !other.jobs.isEmpty else { return }
        jobs.merge(other.jobs) { _, new in new }
        isIncomplete = isIncomplete || other.isIncomplete
        if jobs.count > capacity {
            jobs.removeAll()
            isIncomplete = true
        }
    }
}

/// Passes a store's changes on to its subscribers, merging what a slow one has not taken yet.
///
/// Memory is bounded: a subscriber that falls behind by more than its capacity is told to read again.
public final class ChangeHub: Sendable {
    private struct Subscriber {
        var interest: ChangeInterest
        var pending = StoreChanges()
        var waiter: CheckedContinuation<StoreChanges?, Never>?
    }

    private struct State {
        var subscribers: [UInt64: Subscriber] = [:]
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
        state.withLock { $0.subscribers.values.reduce(into: []) { $0.formUnion($1.interest) } }
    }

    /// Adds a subscriber, who hears of everything published from now on.
    public func subscribe(_ interest: ChangeInterest) -> StoreChangeStream {
        let key = state.withLock { state in
            state.nextKey += 1
            if !state.isFinished { state.subscribers[state.nextKey] = Subscriber(interest: interest) }
            return state.nextKey
        }
        return StoreChangeStream(subscription: Subscription(hub: self, key: key))
    }

    /// Tells everybody who is interested.
    public func publish(_ changes: StoreChanges) {
        let ready = state.withLock { state in
            var ready: [(CheckedContinuation<StoreChanges?, Never>, StoreChanges)] = []
            for (key, var subscriber) in state.subscribers {
                subscriber.pending.merge(changes, interest: subscriber.interest, capacity: capacity)
                if let waiter = subscriber.waiter, !subscriber.pending.isEmpty {
                    ready.append((waiter, subscriber.pending))
                    subscriber.waiter = nil
                    subscriber.pending = StoreChanges()
                }
                state.subscribers[key] = subscriber
            }
            return ready
        }
        for (waiter, changes) in ready { waiter.resume(returning: changes) }
    }

    /// Ends every stream, as a store does when it closes.
    public func finish() {
        let waiters = state.withLock { state in
            state.isFinished = true
            defer { state.subscribers.removeAll() }
            return state.subscribers.values.compactMap(\.waiter)
        }
        for waiter in waiters { waiter.resume(returning: nil) }
    }

    fileprivate func next(_ key: UInt64) async -> StoreChanges? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: StoreChanges?? = state.withLock { state in
                    guard !Task.isCancelled, var subscriber = state.subscribers[key] else { return .some(nil) }
                    if subscriber.pending.isEmpty {
                        subscriber.waiter = continuation
                        state.subscribers[key] = subscriber
                        return nil
                    }
                    let changes = subscriber.pending
                    subscriber.pending = StoreChanges()
                    state.subscribers[key] = subscriber
                    return .some(changes)
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            unsubscribe(key)
        }
    }

    fileprivate func unsubscribe(_ key: UInt64) {
        let waiter = state.withLock { $0.subscribers.removeValue(forKey: key)?.waiter }
        waiter?.resume(returning: nil)
    }
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
    fileprivate let subscription: Subscription

    fileprivate init(subscription: Subscription) { self.subscription = subscription }

    /// Waits for the next changes; nil when the store closed or the task was cancelled.
    public mutating func next() async -> StoreChanges? { await subscription.hub.next(subscription.key) }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func makeAsyncIterator() -> StoreChangeStream { self }
}
