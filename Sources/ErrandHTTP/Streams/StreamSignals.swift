#if Server
import Synchronization

/// What a stream's one writer is to do next.
///
/// Signals merge while the writer is busy, so a slow client costs no memory.
final class StreamSignals: Sendable {
    struct Signal: OptionSet, Sendable {
        let rawValue: UInt8

        /// Something may have changed.
        static let changed = Signal(rawValue: 1)
        /// It is time to say that the stream is alive.
        static let heartbeat = Signal(rawValue: 2)
        /// The client left, the server stops, or the store closed.
        static let stop = Signal(rawValue: 4)
    }

    private let pending = Mutex(Signal())
    private let wakeUps = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    func raise(_ signal: Signal) {
        pending.withLock { $0.formUnion(signal) }
        wakeUps.continuation.yield()
    }

    /// Waits for signals and takes them; `stop` when the task is cancelled.
    func next() async -> Signal {
        for await _ in wakeUps.stream {
            let signals = take()
            if !signals.isEmpty { return signals }
        }
        return .stop
    }

    private func take() -> Signal {
        pending.withLock { pending in
            defer { pending = [] }
            return pending
        }
    }
}
#endif
