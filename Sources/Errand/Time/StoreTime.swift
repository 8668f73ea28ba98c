public import FoundationEssentials

/// The two clocks a store lives by, read together.
///
/// Due times are wall clock, because people name them; leases are steady, so that a wall clock that jumps never ends
/// one. A steady time means nothing outside the process (or server) that read it.
public struct StoreTime: Sendable, Hashable {
    /// The wall clock in UTC, whole milliseconds.
    public var wall: Date
    /// Time since an arbitrary start, never running backwards.
    public var steady: Duration

    /// Creates a reading; the wall time is cut to whole milliseconds, the precision of every stored time.
    public init(wall: Date, steady: Duration) {
        self.wall = wall.wholeMilliseconds
        self.steady = steady
    }
}

extension StoreTime {
    /// What the wall clock shows at a steady time, unless it jumps.
    package func wall(at steady: Duration) -> Date { wall.later(by: steady - self.steady) }
}

/// Tells a store what time it is; injected, so that tests can hold time still.
public protocol JobClock: Sendable {
    /// Reads both clocks.
    func now() -> StoreTime
}

/// The machine's clocks.
public struct SystemJobClock: JobClock {
    private static let start = ContinuousClock.now

    /// Creates the clock; the steady part starts with the first one made in this process.
    public init() { _ = Self.start }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func now() -> StoreTime {
        StoreTime(wall: Date(), steady: Self.start.duration(to: .now))
    }
}

extension Date {
    /// Milliseconds since 1970-01-01T00:00:00Z, the form in which stores keep times: the nearest there is where this
    /// is none that can be kept.
    package var milliseconds: Int64 {
        let exact = (timeIntervalSince1970 * 1000).rounded()
        // Written so that NaN ends up at a bound and not in the conversion, which would trap.
        guard exact > 0 else { return 0 }
        return exact < Double(Moment.latest.milliseconds) ? Int64(exact) : Moment.latest.milliseconds
    }

    /// Takes what is stored as it is, odd times of older versions included.
    package init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    /// This time and a duration, to the millisecond: sums of floating-point seconds come out a millisecond early.
    package func later(by duration: Duration) -> Date {
        Date(milliseconds: milliseconds.saturatingSum(duration.wholeMilliseconds)).wholeMilliseconds
    }

    /// The time cut to what stores keep; a time that was kept before stays as it is, however a `Double` shows it.
    package var wholeMilliseconds: Date { Moment(clamping: self).date }
}

extension Duration {
    /// Whole milliseconds, cut; for storing and for arithmetic with ``Date/milliseconds``.
    package var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = bounded.components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }

    /// The same in seconds, at most ``longest``.
    package var seconds: Double {
        let (seconds, attoseconds) = bounded.components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
