#if Files
public import FoundationEssentials
import Errand

/// A name nobody else has, sorting by the time it was made: 48 bits of milliseconds and 80 of chance, in Crockford's
/// base 32.
public struct ULID: Sendable, Hashable, CustomStringConvertible {
    private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// The 26 digits.
    public let description: String

    /// Makes a new name.
    ///
    /// - Parameters:
    ///   - date: The time it starts with.
    ///   - random: Where the rest comes from.
    public init(at date: Date, using random: inout some RandomNumberGenerator) {
        let time = UInt64(clamping: date.milliseconds) & 0xFFFF_FFFF_FFFF
        let value = UInt128(time) << 80 | UInt128(random.next() as UInt16) << 64 | UInt128(random.next() as UInt64)
        description = String(unsafeUninitializedCapacity: 26) { buffer in
            for place in 0..<26 {
                buffer[place] = Self.digits[Int(truncatingIfNeeded: value >> UInt128(125 - place * 5) & 31)]
            }
            return 26
        }
    }

    /// Makes a new name with the system's chance.
    public init(at date: Date) {
        var random = SystemRandomNumberGenerator()
        self.init(at: date, using: &random)
    }

    /// Reads a name; nil when it is none in its usual spelling.
    public init?(_ text: String) {
        let bytes = text.utf8
        // 26 digits of 5 bits are 130: the first may only use 3.
        guard bytes.count == 26, bytes.allSatisfy(Self.digits.contains), let first = bytes.first,
            first < UInt8(ascii: "8")
        else { return nil }
        description = text
    }
}
#endif
