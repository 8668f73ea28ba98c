#if Files
/// Finds delimiters, quotes and line ends eight bytes at a time.
///
/// A plain loop over bytes takes a mispredicted branch per byte class; one word-wide test per eight bytes costs
/// about one cycle per byte and leaves a branch per hit only.
struct CSVByteScanner {
    private let delimiters: UInt64
    let delimiter: UInt8

    init(delimiter: UInt8) {
        self.delimiter = delimiter
        self.delimiters = Self.ones &* UInt64(delimiter)
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
    private static let quotes = ones &* UInt64(ASCII.quote)
    private static let lineFeeds = ones &* UInt64(ASCII.lineFeed)
    private static let returns = ones &* UInt64(ASCII.carriageReturn)

    /// Sets the top bit of every byte of the word that has a meaning to CSV; the others are 0.
    @inline(__always)
    func hits(in word: UInt64) -> UInt64 {
        // Each term has a byte's top bit clear exactly when the byte is the one looked for.
        let none =
            Self.nonZero(word ^ delimiters) & Self.nonZero(word ^ Self.quotes)
            & Self.nonZero(word ^ Self.lineFeeds) & Self.nonZero(word ^ Self.returns)
        return ~(none | Self.low)
    }

    /// Sets the top bit of every byte that is not zero, exactly: no carry crosses a byte.
    @inline(__always)
    private static func nonZero(_ word: UInt64) -> UInt64 {
        ((word & low) &+ low) | word
    }

    /// Reads eight bytes, or what is left with zeros behind, first byte lowest.
    @inline(__always)
    static func word(_ bytes: UnsafeRawPointer, at index: Int, count: Int) -> UInt64 {
        guard index &+ 8 <= count else { return tail(bytes, at: index, count: count) }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    }

    private static func tail(_ bytes: UnsafeRawPointer, at index: Int, count: Int) -> UInt64 {
        var word: UInt64 = 0
        for place in index..<count {
            word |= UInt64(bytes.load(fromByteOffset: place, as: UInt8.self)) << UInt64((place - index) * 8)
        }
        return word
    }
}

/// The bytes CSV gives a meaning to.
enum ASCII {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let quote: UInt8 = 0x22
    static let apostrophe: UInt8 = 0x27
    static let plus: UInt8 = 0x2B
    static let comma: UInt8 = 0x2C
    static let minus: UInt8 = 0x2D
    static let dot: UInt8 = 0x2E
    static let zero: UInt8 = 0x30
    static let nine: UInt8 = 0x39
    static let semicolon: UInt8 = 0x3B
    static let equals: UInt8 = 0x3D
    static let at: UInt8 = 0x40
    static let bar: UInt8 = 0x7C
}
#endif
