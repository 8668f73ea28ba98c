/// How many jobs of a queue may be claimed in a time, over all workers.
///
/// A window opens with the first claim after the last window ended, and lasts ``per``. Each claim in it counts once,
/// whatever becomes of the run. Around the end of a window up to twice ``count`` jobs may start close together.
public struct RateLimit: Sendable, Hashable {
    /// What ``count`` may be.
    public static let counts = 1...1_000_000
    /// What ``per`` may be: 100 ms to 24 hours.
    public static let periods: ClosedRange<Duration> = .milliseconds(100) ... .seconds(86400)

    /// How many jobs at most.
    public let count: Int
    /// How long a window lasts, in whole milliseconds.
    public let per: Duration

    /// Creates a limit; a queue that is given one checks it.
    ///
    /// - Parameters:
    ///   - count: How many jobs may be claimed in a window, 1 to 1,000,000.
    ///   - per: How long a window lasts, 100 ms to 24 hours; cut to whole milliseconds.
    public init(count: Int, per: Duration) {
        self.count = count
        self.per = .milliseconds(per.wholeMilliseconds)
    }

    func validate() throws(JobStoreError) {
        guard Self.counts.contains(count) else {
            throw .invalid("is \(count); it must be 1 to 1000000", "/rateLimit/count")
        }
        guard Self.periods.contains(per) else {
            throw .invalid("is \(per); it must be 100 ms to 24 hours", "/rateLimit/per")
        }
    }
}

/// Where a queue stands with its rate limit: what stores keep, and how they decide by it.
public struct RateWindow: Sendable, Hashable {
    /// What holds now; a change of it holds for the window under way too.
    public var limit: RateLimit
    /// When the last window opened, on the clock that leases are measured on; nil when none ever did.
    public var opened: Duration?
    /// How many jobs were claimed in it.
    public var claimed: Int

    /// Creates a window.
    ///
    /// - Parameters:
    ///   - limit: What holds.
    ///   - opened: When the last window opened.
    ///   - claimed: How many jobs were claimed in it.
    public init(_ limit: RateLimit, opened: Duration? = nil, claimed: Int = 0) {
        (self.limit, self.opened, self.claimed) = (limit, opened, claimed)
    }

    /// How many more jobs may be claimed now.
    public func room(at steady: Duration) -> Int {
        remaining(at: steady) == nil ? limit.count : max(0, limit.count.saturatingDifference(claimed))
    }

    /// How long until more may be claimed; nil when some may be now.
    public func wait(at steady: Duration) -> Duration? { room(at: steady) > 0 ? nil : remaining(at: steady) }

    /// Counts jobs that are claimed now, in a new window when the last one ended.
    public mutating func count(_ jobs: Int, at steady: Duration) {
        guard jobs > 0 else { return }
        if remaining(at: steady) == nil { (opened, claimed) = (steady, 0) }
        claimed = claimed.saturatingSum(jobs)
    }

    /// How long the window under way lasts; nil when there is none.
    private func remaining(at steady: Duration) -> Duration? {
        guard let opened else { return nil }
        // Where several processes claim, one may have read the clock before another opened the window.
        let elapsed = max(.zero, steady - opened)
        return elapsed < limit.per ? limit.per - elapsed : nil
    }
}
