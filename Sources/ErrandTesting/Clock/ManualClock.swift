public import Errand
public import FoundationEssentials
import Synchronization

/// A clock that stands still until a test moves it.
///
/// It is both the ``JobClock`` of a store and the `Clock` of whatever sleeps, so that one `advance(by:)` makes leases
/// run out, jobs fall due and sleepers wake, in the order of their deadlines:
///
/// ```swift
/// let clock = ManualClock()
/// let store = MemoryJobStore(clock: clock)
/// clock.advance(by: .seconds(31))  // every lease of 30 seconds is over now
/// ```
///
/// A test that must not advance before somebody sleeps waits with ``sleepers(atLeast:)``.
public final class ManualClock: JobClock, Clock {
    /// A reading of the steady part.
    public struct Instant: InstantProtocol {
        /// Time since the clock was made.
        public var offset: Duration

        /// Creates an instant.
        public init(offset: Duration) { self.offset = offset }

        // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
        public func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
        public func duration(to other: Instant) -> Duration { other.offset - offset }
        // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
        public static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct Sleeper {
        var deadline: Duration
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct Observer {
        var count: Int
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var wall: Date
        var steady: Duration = .zero
        var nextKey: UInt64 = 0
        var sleepers: [UInt64: Sleeper] = [:]
        var cancelled: Set<UInt64> = []
        var observers: [Observer] = []

        /// Takes out the observers who have waited for as many sleepers as there are.
        mutating func satisfiedObservers() -> [Observer] {
            let satisfied = observers.filter { $0.count <= sleepers.count }
            observers.removeAll { $0.count <= sleepers.count }
            return satisfied
        }
    }

    private let state: Mutex<State>

    /// Creates a clock.
    ///
    /// - Parameter wall: What the wall clock shows first; 2026-01-01T00:00:00Z unless said otherwise.
    public init(wall: Date = Date(timeIntervalSince1970: 1_767_225_600)) {
        state = Mutex(State(wall: wall))
    }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func now() -> StoreTime { state.withLock { StoreTime(wall: $0.wall, steady: $0.steady) } }

    /// The steady part; what generic code reads as the `now` of this `Clock`.
    ///
    /// Swift has no way to declare it under that name beside `now()`, which ``JobClock`` asks for; hence the attribute.
    @_implements(Clock,now)
    public var steadyNow: Instant { state.withLock { Instant(offset: $0.steady) } }

    /// The least step; the clock itself rounds nothing.
    public var minimumResolution: Duration { .nanoseconds(1) }

    /// Moves both clocks on and wakes, in the order of their deadlines, those who slept until then.
    public func advance(by duration: Duration) {
        precondition(duration >= .zero, "a steady clock never runs backwards; jumpWall(by:) moves the wall clock alone")
        let due = state.withLock { state in
            state.steady += duration
            state.wall += duration.seconds
            let due = state.sleepers.filter { $0.value.deadline <= state.steady }
            for key in due.keys { state.sleepers[key] = nil }
            return due.values.sorted { $0.deadline < $1.deadline }
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Moves the wall clock alone, as an administrator or a time server does; nobody wakes and no lease ends.
    public func jumpWall(by duration: Duration) {
        state.withLock { $0.wall += duration.seconds }
    }

    /// Waits until the clock was advanced to the deadline, or throws `CancellationError` when the task is cancelled.
    public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        let key = state.withLock { state in
            state.nextKey += 1
            return state.nextKey
        }
        // The cancellation may come after the sleep is over.
        defer { state.withLock { _ = $0.cancelled.remove(key) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                begin(Sleeper(deadline: deadline.offset, continuation: continuation), as: key)
            }
        } onCancel: {
            cancel(key)
        }
    }

    private func begin(_ sleeper: Sleeper, as key: UInt64) {
        enum Outcome { case cancelled, due, asleep([Observer]) }
        let outcome: Outcome = state.withLock { state in
            if state.cancelled.remove(key) != nil { return .cancelled }
            if sleeper.deadline <= state.steady { return .due }
            state.sleepers[key] = sleeper
            return .asleep(state.satisfiedObservers())
        }
        switch outcome {
        case .cancelled: sleeper.continuation.resume(throwing: CancellationError())
        case .due: sleeper.continuation.resume()
        case .asleep(let observers): for observer in observers { observer.continuation.resume() }
        }
    }

    private func cancel(_ key: UInt64) {
        let sleeper = state.withLock { state in
            let sleeper = state.sleepers.removeValue(forKey: key)
            // A task may be cancelled before it has begun to sleep.
            if sleeper == nil { state.cancelled.insert(key) }
            return sleeper
        }
        sleeper?.continuation.resume(throwing: CancellationError())
    }

    /// Waits until at least so many tasks sleep on this clock.
    public func sleepers(atLeast count: Int) async {
        await withCheckedContinuation { continuation in
            let isSatisfied = state.withLock { state in
                if state.sleepers.count >= count { return true }
                state.observers.append(Observer(count: count, continuation: continuation))
                return false
            }
            if isSatisfied { continuation.resume() }
        }
    }
}
