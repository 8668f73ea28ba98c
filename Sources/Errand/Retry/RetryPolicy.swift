/// When a failed run is tried again.
///
/// A policy only chooses the delay; how often a job may be charged is the type's `maxAttempts`. The default spreads
/// retries with full jitter, so that jobs that failed together do not come back together.
public struct RetryPolicy: Sendable {
    /// Chooses the delay after a charged run failed, from 1 for the first; nil gives the job up.
    public typealias Rule =
        @Sendable (
            _ attempt: Int,
            _ error: any Error,
            _ random: inout any RandomNumberGenerator & Sendable
        ) -> Duration?

    /// A budget of charged runs that comes with the policy, for types that name none.
    public var maxAttempts: Int?
    private let rule: Rule

    /// Creates a policy from a rule of your own, with randomness that tests can fix.
    public init(maxAttempts: Int? = nil, rule: @escaping Rule) {
        self.maxAttempts = maxAttempts
        self.rule = rule
    }

    /// The delay before the next run; nil gives the job up.
    ///
    /// - Parameters:
    ///   - attempt: Which charged run failed, from 1.
    ///   - error: What it threw.
    ///   - random: Where jitter comes from.
    /// - Returns: The delay, or nil.
    public func delay(
        afterAttempt attempt: Int,
        error: any Error,
        using random: inout any RandomNumberGenerator & Sendable
    ) -> Duration? {
        rule(attempt, error, &random)
    }
}

extension RetryPolicy {
    /// Full jitter: a random time up to `base` doubled with every attempt, and never more than `limit`.
    public static func exponential(base: Duration = .seconds(1), limit: Duration = .seconds(3600)) -> RetryPolicy {
        RetryPolicy { attempt, _, random in
            fullJitter(attempt: attempt, base: base, limit: limit, using: &random)
        }
    }

    /// The default policy with its budget; the name that users of swift-jobs know.
    public static func exponentialJitter(maxAttempts: Int) -> RetryPolicy {
        var policy = exponential()
        policy.maxAttempts = maxAttempts
        return policy
    }

    /// The same delay after every failure.
    public static func constant(_ delay: Duration) -> RetryPolicy { RetryPolicy { _, _, _ in delay } }

    /// No second run; the first error is final.
    public static let never = RetryPolicy(maxAttempts: 1) { _, _, _ in nil }

    /// A delay by attempt and error; nil gives the job up.
    public static func custom(
        _ delay: @escaping @Sendable (_ attempt: Int, _ error: any Error) -> Duration?
    ) -> RetryPolicy {
        RetryPolicy { attempt, error, _ in delay(attempt, error) }
    }

    static func fullJitter(
        attempt: Int,
        base: Duration,
        limit: Duration,
        using random: inout any RandomNumberGenerator & Sendable
    ) -> Duration {
        // 2^40 s is far above any limit, and keeps the product finite.
        let doublings = min(max(attempt, 1) - 1, 40)
        let ceiling = min(base.seconds * Double(1 << doublings), limit.seconds)
        return .milliseconds(Int64(Double.random(in: 0...max(ceiling, 0), using: &random) * 1000))
    }
}
