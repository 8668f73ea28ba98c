/// The inside of a JSON string, still escaped, in the buffer it was scanned from.
///
/// Two are equal when they mean the same text, however each is escaped. Bytes are compared, not characters: `==` on
/// Swift strings would call a composed and a decomposed "é" the same member.
struct ScannedString {
    let bytes: UnsafeBufferPointer<UInt8>
    /// Differs for most different names, so that comparing many is quick; 0 when there are escapes.
    private let tag: UInt32

    @inline(__always)
    init(bytes: UnsafeBufferPointer<UInt8>, hasEscapes: Bool) {
        self.bytes = bytes
        tag = hasEscapes ? 0 : Self.tag(of: bytes)
    }

    var hasEscapes: Bool { tag == 0 }

    /// The length and the last two bytes: names in one object tend to share their first.
    @inline(__always)
    private static func tag(of bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
        let count = bytes.count
        let last = count > 0 ? UInt32(bytes[count - 1]) : 0
        let secondLast = count > 1 ? UInt32(bytes[count - 2]) : 0
        return 0x8000_0000 | UInt32(truncatingIfNeeded: count & 0x7FFF) << 16 | last << 8 | secondLast
    }

    /// The bytes it stands for.
    func unescapedBytes() -> [UInt8] {
        guard hasEscapes else { return Array(bytes) }
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var reader = UnescapedBytes(bytes)
        while let byte = reader.next() { output.append(byte) }
        return output
    }

    /// The text it stands for.
    func unescaped() -> String {
        hasEscapes ? String(decoding: unescapedBytes(), as: UTF8.self) : String(decoding: bytes, as: UTF8.self)
    }
}

extension ScannedString: Hashable {
    static func == (one: ScannedString, other: ScannedString) -> Bool {
        if one.hasEscapes || other.hasEscapes { return equalUnescaped(one, other) }
        return one.tag == other.tag && one.bytes.elementsEqual(other.bytes)
    }

    /// Compares without building either text: a hostile object may escape every name.
    private static func equalUnescaped(_ one: ScannedString, _ other: ScannedString) -> Bool {
        var left = UnescapedBytes(one.bytes)
        var right = UnescapedBytes(other.bytes)
        while true {
            let byte = left.next()
            guard byte == right.next() else { return false }
            if byte == nil { return true }
        }
    }

    func hash(into hasher: inout Hasher) {
        guard hasEscapes else { return hasher.combine(bytes: UnsafeRawBufferPointer(bytes)) }
        unescapedBytes().withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
