public import FoundationEssentials
import Synchronization

/// Makes job identifiers that grow: UUIDv7 with a counter in `rand_a` (RFC 9562, section 6.2, method 1).
///
/// Growing identifiers keep a store's index on them append-only, and give jobs submitted within one millisecond the
/// order they were submitted in.
public final class JobIDGenerator: Sendable {
    private struct State {
        var millisecond: Int64 = 0
        var counter: UInt64 = 0
        var random: any RandomNumberGenerator & Sendable
    }

    private let state: Mutex<State>

    /// Creates a generator.
    ///
    /// - Parameter random: Where the random bits come from; the system's when nil.
    public init(random: (any RandomNumberGenerator & Sendable)? = nil) {
        state = Mutex(State(random: random ?? BufferedSystemRandom()))
    }

    /// Makes an identifier larger than every one this generator made before.
    ///
    /// - Parameter date: The wall clock; when it stands still or goes back, the counter goes on from the latest time.
    /// - Returns: A version 7 UUID.
    public func next(at date: Date) -> JobID {
        state.withLock { state in
            let millisecond = date.milliseconds
            if millisecond > state.millisecond {
                state.millisecond = millisecond
                // Half the counter's range is left for growth within the millisecond.
                state.counter = state.random.next() & 0x7FF
            } else {
                state.counter += 1
                if state.counter > 0xFFF {
                    state.millisecond += 1
                    state.counter = 0
                }
            }
            let time = UInt64(state.millisecond) & 0xFFFF_FFFF_FFFF
            let low: UInt64 = state.random.next() & 0x3FFF_FFFF_FFFF_FFFF | 1 << 63
            return JobID(high: time << 16 | 0x7000 | state.counter, low: low)
        }
    }
}
