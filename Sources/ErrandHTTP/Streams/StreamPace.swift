#if Server
/// Keeps the events of a stream apart: at once after a silence, then at most one per interval.
struct StreamPace {
    let interval: Duration
    private var next: ContinuousClock.Instant?
    private var isLooking = false

    init(interval: Duration) { self.interval = interval }

    /// How long the next event has to wait; nil when it may go now.
    func delay(at now: ContinuousClock.Instant) -> Duration? {
        guard let next, next > now else { return nil }
        return next - now
    }

    mutating func sent(at now: ContinuousClock.Instant) {
        next = now + interval
        isLooking = false
    }

    /// Whether a look after the delay must be arranged; false while one is.
    mutating func arrangesLook() -> Bool {
        defer { isLooking = true }
        return !isLooking
    }
}
#endif
