/// Reads the inside of a JSON string as the UTF-8 it stands for.
///
/// It expects a string the scanner accepted; for any other it stays inside the buffer and gives something.
struct UnescapedBytes: IteratorProtocol {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    /// The rest of a character whose first byte is out, lowest byte next.
    private var pending: UInt32 = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    mutating func next() -> UInt8? {
        if pending != 0 {
            defer { pending >>= 8 }
            return UInt8(truncatingIfNeeded: pending)
        }
        guard position < bytes.count else { return nil }
        let byte = bytes[position]
        position += 1
        return byte == ASCII.backslash ? nextEscape() : byte
    }

    private mutating func nextEscape() -> UInt8? {
        guard position < bytes.count else { return nil }
        let letter = bytes[position]
        position += 1
        switch letter {
        case UInt8(ascii: "u"): return nextUnicodeEscape()
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "n"): return ASCII.newline
        case UInt8(ascii: "r"): return ASCII.carriageReturn
        case UInt8(ascii: "t"): return ASCII.tab
        default: return letter
        }
    }

    private mutating func nextUnicodeEscape() -> UInt8? {
        var code = hexDigits()
        if code & 0xFC00 == 0xD800, position + 6 <= bytes.count {
            position += 2
            code = 0x10000 + (code & 0x3FF) << 10 + hexDigits() & 0x3FF
        }
        let scalar = Unicode.Scalar(code) ?? "\u{FFFD}"
        var encoded: UInt32 = 0
        for byte in UTF8.encode(scalar).map({ $0.reversed() }) ?? [] {
            encoded = encoded << 8 | UInt32(byte)
        }
        pending = encoded >> 8
        return UInt8(truncatingIfNeeded: encoded)
    }

    private mutating func hexDigits() -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 where position < bytes.count {
            code = code << 4 | (ASCII.hexValue(bytes[position]) ?? 0)
            position += 1
        }
        return code
    }
}
