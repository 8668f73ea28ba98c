import Synchronization

/// A source of randomness that many tasks draw from.
package final class SharedRandom: Sendable {
    private let generator: Mutex<any RandomNumberGenerator & Sendable>

    package init(_ generator: any RandomNumberGenerator & Sendable) { self.generator = Mutex(generator) }

    package func draw<Value: Sendable>(_ body: (inout any RandomNumberGenerator & Sendable) -> Value) -> Value {
        generator.withLock { body(&$0) }
    }

    /// The wait before a store that did not answer is asked again: about 2 s at most, and never nothing.
    func storeBackoff(attempt: Int) -> Duration {
        draw { random in
            .milliseconds(20)
                + RetryPolicy.fullJitter(
                    attempt: attempt,
                    base: .milliseconds(100),
                    limit: .seconds(2),
                    using: &random
                )
        }
    }
}
