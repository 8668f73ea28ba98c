#if Server
import Synchronization

/// One generator of random numbers for all requests.
final class RandomSource: Sendable {
    private let generator: Mutex<any RandomNumberGenerator & Sendable>

    init(_ generator: any RandomNumberGenerator & Sendable) { self.generator = Mutex(generator) }

    func next() -> UInt64 { generator.withLock { $0.next() } }

    /// The generator as a value, for what wants one.
    var numbers: Numbers { Numbers(source: self) }

    struct Numbers: RandomNumberGenerator {
        let source: RandomSource
        mutating func next() -> UInt64 { source.next() }
    }

    func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}
#endif
