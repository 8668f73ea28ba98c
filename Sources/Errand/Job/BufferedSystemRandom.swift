// getentropy; Swift's own generator asks the kernel once for every number, which costs more than the rest of an id.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The system's random numbers, 32 for each call to it.
struct BufferedSystemRandom: RandomNumberGenerator {
    private static let size = 32

    private var numbers: [UInt64] = []
    private var system = SystemRandomNumberGenerator()

    mutating func next() -> UInt64 {
        if numbers.isEmpty { fill() }
        return numbers.popLast() ?? system.next()
    }

    private mutating func fill() {
        numbers = Array(unsafeUninitializedCapacity: Self.size) { buffer, count in
            // Fails only on kernels without a source of random numbers, which Swift's own generator can do without.
            let failed = getentropy(buffer.baseAddress, Self.size * MemoryLayout<UInt64>.stride) != 0
            count = failed ? 0 : Self.size
        }
    }
}
