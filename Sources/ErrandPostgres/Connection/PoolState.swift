#if Postgres
// Semaphores: a connection's thread sleeps, it is no task.
import Dispatch
import Errand

/// What waits for a pool's threads, and which of them sleep.
///
/// Normally every thread has a connection. Where the server gives fewer than there are threads, those with a connection
/// do all the work; of the others one at a time, the scout, tries again after a while, for as long as something waits.
struct PoolState {
    struct Item {
        let operation: PostgresPool.Operation
        let since: ContinuousClock.Instant
    }

    enum Step {
        case take(Item)
        /// Until woken, or until a time.
        case sleep(ContinuousClock.Instant?)
        case end
    }

    enum Wake {
        case nobody
        case sleeper(DispatchSemaphore)
        case newThread
    }

    private struct Sleeper {
        let alarm: DispatchSemaphore
        let isConnected: Bool
    }

    private static let longestPause = Duration.seconds(2)

    let limit: Int
    /// How long something waits for the first connection.
    let patience: Duration
    private(set) var threads = 0
    private(set) var connected = 0
    private(set) var isClosed = false
    private var waiting: [Item] = []
    private var idle: [Sleeper] = []
    private var scout: DispatchSemaphore?
    private var refusals = 0
    private var nextAttempt = ContinuousClock.now

    init(limit: Int, patience: Duration) { (self.limit, self.patience) = (limit, patience) }

    /// Adds something to do; whom to wake for it, or nil when the pool is closed.
    mutating func add(_ operation: @escaping PostgresPool.Operation) -> Wake? {
        guard !isClosed else { return nil }
        waiting.append(Item(operation: operation, since: .now))
        return wake()
    }

    /// Whom to wake for what waits: the last to fall asleep, whose connection is the warmest.
    mutating func wake() -> Wake {
        guard !waiting.isEmpty else { return .nobody }
        if let place = idle.lastIndex(where: \.isConnected) { return .sleeper(idle.remove(at: place).alarm) }
        guard scout == nil else { return .nobody }
        if let sleeper = idle.popLast() { return .sleeper(sleeper.alarm) }
        guard threads < limit else { return .nobody }
        threads += 1
        return .newThread
    }

    /// What a thread does next.
    mutating func step(of alarm: DispatchSemaphore, isConnected: Bool, now: ContinuousClock.Instant = .now) -> Step {
        // Awake again, whatever woke it.
        if scout === alarm { scout = nil }
        idle.removeAll { $0.alarm === alarm }
        if let first = waiting.first, isConnected || now >= nextAttempt || isClosed || isOverdue(first, now) {
            return .take(waiting.removeFirst())
        }
        if isClosed, waiting.isEmpty { return .end }
        if !waiting.isEmpty, scout == nil {
            scout = alarm
            return .sleep(nextAttempt)
        }
        idle.append(Sleeper(alarm: alarm, isConnected: isConnected))
        return .sleep(nil)
    }

    func isOverdue(_ item: Item, _ now: ContinuousClock.Instant = .now) -> Bool {
        item.since.duration(to: now) >= patience
    }

    /// Puts something back that could not be done for want of a connection; nil where it is to be given up.
    ///
    /// While there are connections, whatever the server has against another one is no reason to fail; where there is
    /// none, that it has too many, or is about to start.
    mutating func putBack(_ item: Item, _ error: JobStoreError) -> Wake? {
        guard !isClosed, !isOverdue(item), connected > 0 || error.isRefusal else { return nil }
        let now = ContinuousClock.now
        if now >= nextAttempt {
            refusals += 1
            let longest = min(Self.longestPause, .milliseconds(50 << min(refusals, 10)))
            nextAttempt = now + .milliseconds(Int64.random(in: 10...longest.wholeMilliseconds))
        }
        waiting.insert(item, at: 0)
        return wake()
    }

    /// Notes that a thread has connected; whom to wake, as there may be more connections to be had.
    mutating func connect() -> Wake {
        connected += 1
        (refusals, nextAttempt) = (0, .now)
        return wake()
    }

    /// Notes that a thread has lost its connection.
    mutating func disconnect() { connected -= 1 }

    /// Takes nothing more; answers with whom to wake to end.
    mutating func close() -> [DispatchSemaphore] {
        isClosed = true
        defer { (idle, scout) = ([], nil) }
        return idle.map(\.alarm) + [scout].compactMap(\.self)
    }
}
#endif
