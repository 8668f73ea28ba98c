/// The inside of a JSON string, still escaped, in the buffer it was scanned from.
///
/// Two are equal when they mean the same text, however each is escaped. Bytes are compared, not characters: Swift's `==`
/// on strings would call a composed and a decomposed "é" the same member.
struct ScannedString {
    let bytes: UnsafeBufferPointer<UInt8>
    let hasEscapes: Bool

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
        let count = one.bytes.count
        guard count == other.bytes.count else { return false }
        // From the end, where names of one object differ sooner: they tend to share a prefix.
        for index in stride(from: count - 1, through: 0, by: -1) where one.bytes[index] != other.bytes[index] {
            return false
        }
        return true
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
