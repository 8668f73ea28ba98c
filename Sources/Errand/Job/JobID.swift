/// A job's identifier: a UUID (RFC 9562).
///
/// Those that Errand makes are of version 7 and sort by the time they were made; one that is derived from something, so
/// that the same submit has the same identifier, is of version 8.
public struct JobID: Sendable, Hashable, Comparable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads the usual form, `8-4-4-4-12` hexadecimal digits in either case; any UUID version is accepted.
    public init?(_ text: String) {
        var digits: (high: UInt64, low: UInt64) = (0, 0)
        var count = 0
        for (index, byte) in text.utf8.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Self.digit(byte), count < 32 else { return nil }
            if count < 16 { digits.high = digits.high << 4 | digit } else { digits.low = digits.low << 4 | digit }
            count += 1
        }
        guard count == 32 else { return nil }
        self.init(high: digits.high, low: digits.low)
    }

    /// Whether this is a version 7 UUID.
    public var isVersion7: Bool { high >> 12 & 0xF == 7 && low >> 62 == 0b10 }

    /// Whether this is a version 8 UUID, whose maker decides what its bits mean: one that is derived from something.
    public var isVersion8: Bool { high >> 12 & 0xF == 8 && low >> 62 == 0b10 }

    /// Makes a version 8 UUID of the bits of something.
    package init(version8 bits: (high: UInt64, low: UInt64)) {
        self.init(high: bits.high & ~0xF000 | 0x8000, low: bits.low & ~(0b11 << 62) | 0b10 << 62)
    }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public static func < (left: JobID, right: JobID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

extension JobID: CustomStringConvertible {
    /// The lowercase `8-4-4-4-12` form.
    public var description: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            var position = 0
            for nibble in 0..<32 {
                if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
                    buffer[position] = UInt8(ascii: "-")
                    position += 1
                }
                let word = nibble < 16 ? high : low
                let digit = UInt8(word >> UInt64(60 - nibble % 16 * 4) & 0xF)
                buffer[position] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                position += 1
            }
            return position
        }
    }
}

/// How a caller names a job: by its identifier, or by the short number people use.
public enum JobReference: Sendable, Hashable, CustomStringConvertible {
    /// The UUID.
    case id(JobID)
    /// The store's own counter, as in "#4211".
    case number(Int64)

    /// Reads a UUID or a positive whole number; anything else is nil.
    public init?(_ text: String) {
        if let id = JobID(text) {
            self = .id(id)
        } else if let number = Int64(text), number > 0 {
            self = .number(number)
        } else {
            return nil
        }
    }

    /// The UUID, or the number with a `#`.
    public var description: String {
        switch self {
        case .id(let id): id.description
        case .number(let number): "#\(number)"
        }
    }
}
