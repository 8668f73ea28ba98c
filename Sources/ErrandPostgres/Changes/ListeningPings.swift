#if Postgres
import Errand

/// How often a listener makes sure that it hears.
struct ListeningRhythm: Sendable {
    /// Between what was heard and the next ping.
    var interval = Duration.seconds(10)
    /// How long a ping may be under way.
    var patience = Duration.seconds(3)
    /// How often those are told to look again who hear nothing; the worker's own poll interval is the same.
    var poll = Duration.seconds(5)
}

/// When a listener notifies itself, and what silence means; in the time of the caller's clock.
///
/// A connection whose other end is gone looks like one on which nothing happens, and so does a pooler's.
struct ListeningPings {
    enum Step: Equatable {
        case send(nonce: String)
        case wait(Duration)
        /// The ping did not come back: the connection is of no use.
        case giveUp
    }

    private enum State {
        case due(Duration)
        case underWay(String, since: Duration)
    }

    private let rhythm: ListeningRhythm
    private var state: State

    /// Begins with a ping.
    init(_ rhythm: ListeningRhythm, at now: Duration) {
        self.rhythm = rhythm
        state = .due(now)
    }

    /// What to do now.
    mutating func next(at now: Duration) -> Step {
        switch state {
        case .due(let time) where time <= now:
            let nonce = String(UInt64.random(in: .min ... .max), radix: 36)
            state = .underWay(nonce, since: now)
            return .send(nonce: nonce)
        case .due(let time): return .wait(time - now)
        case .underWay(_, let start):
            let end = start + rhythm.patience
            return end <= now ? .giveUp : .wait(end - now)
        }
    }

    /// Notes a ping that came back; false for one that is not under way.
    mutating func hear(_ nonce: String, at now: Duration) -> Bool {
        guard case .underWay(nonce, _) = state else { return false }
        state = .due(now + rhythm.interval)
        return true
    }
}
#endif
