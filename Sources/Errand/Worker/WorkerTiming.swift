package import FoundationEssentials

/// The worker's sense of time, in one place so that tests can hold it still.
package struct WorkerTiming: Sendable {
    /// Time since an arbitrary start, never running backwards.
    package var now: @Sendable () -> Duration
    /// The wall clock, for log lines and waiting times.
    package var wall: @Sendable () -> Date
    /// Waits until ``now`` reaches a time; throws when the task is cancelled first.
    package var sleep: @Sendable (_ until: Duration) async throws -> Void
    /// Whether this is the machine's clock, on which the heartbeat waits with its own thread.
    let isSystem: Bool

    /// Creates a sense of time for a test.
    package init(
        now: @escaping @Sendable () -> Duration,
        wall: @escaping @Sendable () -> Date,
        sleep: @escaping @Sendable (_ until: Duration) async throws -> Void
    ) {
        self.now = now
        self.wall = wall
        self.sleep = sleep
        isSystem = false
    }

    private init() {
        let start = ContinuousClock.now
        now = { start.duration(to: .now) }
        wall = { Date() }
        sleep = { try await Task.sleep(until: start + $0, clock: .continuous) }
        isSystem = true
    }

    /// The machine's clocks.
    package static let system = WorkerTiming()
}
