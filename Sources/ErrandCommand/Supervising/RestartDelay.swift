#if Server
import Errand

/// How long to wait before a process that ended is started again: longer each time, until it runs well for a while.
struct RestartDelay {
    /// Who ran this long has started well: what ends it then is something new.
    static let healthy: Duration = .seconds(60)
    /// Never nothing, so that a process that cannot start does not keep a core busy.
    static let shortest: Duration = .milliseconds(100)
    /// How far the random part may grow.
    static let longest: Duration = .seconds(30)

    private static let policy = RetryPolicy.exponential(base: .milliseconds(500), limit: longest)
    private var ends = 0

    /// Notes an end.
    ///
    /// - Parameters:
    ///   - end: How the process ended.
    ///   - uptime: How long it had run.
    ///   - random: Where jitter comes from, so that processes that ended together do not start together.
    /// - Returns: How long to wait.
    mutating func next(
        after end: ProcessEnd,
        uptime: Duration,
        using random: inout any RandomNumberGenerator & Sendable
    ) -> Duration {
        ends = uptime >= Self.healthy ? 1 : ends + 1
        let jitter = Self.policy.delay(afterAttempt: ends, error: end, using: &random) ?? Self.longest
        return Self.shortest + jitter
    }
}
#endif
