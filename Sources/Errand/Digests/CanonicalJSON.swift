/// JSON in the one form that all ways of writing the same share: members in the order of their names' bytes, escapes
/// decoded as far as JSON allows, no white space, and numbers as they are spelt.
///
/// Numbers stay as they are, because making 1 of 1.0 would also make one number of two that differ beyond 2^53.
/// One walk over the text, which recurses once per level and no deeper than ``JSONLimits/deepest``; no tree is built:
/// each value goes to the end of the output, and an object's members are put in order there. The function
/// `errand_canonical` of the PostgreSQL schema writes the same bytes.
struct CanonicalJSON {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private(set) var output: [UInt8]

    /// Appends the canonical form of a text to an output.
    static func append(_ text: JSONText, to output: inout [UInt8]) {
        var string = text.string
        var taken: [UInt8] = []
        swap(&taken, &output)
        output = string.withUTF8 { bytes in
            var walk = CanonicalJSON(bytes: bytes, output: taken)
            walk.value(depth: 0)
            return walk.output
        }
    }

    /// Appends a string in quotes.
    static func append(quoted text: String, to output: inout [UInt8]) {
        output.append(ASCII.quote)
        for byte in text.utf8 { append(escaped: byte, to: &output) }
        output.append(ASCII.quote)
    }

    private init(bytes: UnsafeBufferPointer<UInt8>, output: [UInt8]) {
        (self.bytes, self.output) = (bytes, output)
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipWhitespace() {
        while let next, ASCII.isWhitespace(next) { position += 1 }
    }

    private mutating func value(depth: Int) {
        skipWhitespace()
        switch next {
        case ASCII.quote: string()
        // The text is valid, so that it never nests deeper; what came by another way must not overflow the stack.
        case ASCII.braceOpen where depth < JSONLimits.deepest: object(depth: depth + 1)
        case ASCII.bracketOpen where depth < JSONLimits.deepest: array(depth: depth + 1)
        default: word()
        }
    }

    /// A number or a literal, as it stands.
    private mutating func word() {
        let start = position
        while let next, !ASCII.isWhitespace(next), next != ASCII.comma, next != ASCII.braceClose,
            next != ASCII.bracketClose
        { position += 1 }
        // Never stands still, whatever there is.
        if position == start { position = min(start + 1, bytes.count) }
        output.append(contentsOf: bytes[start..<position])
    }

    private mutating func string() {
        let start = position + 1
        position = start
        while let next, next != ASCII.quote { position += next == ASCII.backslash ? 2 : 1 }
        let end = min(position, bytes.count)
        output.append(ASCII.quote)
        var reader = UnescapedBytes(UnsafeBufferPointer(rebasing: bytes[min(start, end)..<end]))
        while let byte = reader.next() { Self.append(escaped: byte, to: &output) }
        output.append(ASCII.quote)
        position = min(position + 1, bytes.count)
    }

    private mutating func array(depth: Int) {
        position += 1
        output.append(ASCII.bracketOpen)
        skipWhitespace()
        while let next, next != ASCII.bracketClose {
            if next == ASCII.comma {
                output.append(ASCII.comma)
                position += 1
            }
            value(depth: depth)
            skipWhitespace()
        }
        position = min(position + 1, bytes.count)
        output.append(ASCII.bracketClose)
    }

    private mutating func object(depth: Int) {
        position += 1
        let start = output.count
        var members: [Range<Int>] = []
        skipWhitespace()
        while let next, next != ASCII.braceClose {
            if next == ASCII.comma { position += 1 }
            members.append(member(depth: depth))
            skipWhitespace()
        }
        position = min(position + 1, bytes.count)
        sort(members, from: start)
    }

    /// Writes a name and its value at the end of the output; answers with their place.
    private mutating func member(depth: Int) -> Range<Int> {
        let start = output.count
        skipWhitespace()
        if next == ASCII.quote { string() } else { word() }
        skipWhitespace()
        if next == ASCII.colon { position += 1 }
        output.append(ASCII.colon)
        value(depth: depth)
        return start..<output.count
    }

    /// Puts an object's members, which are the end of the output, in order and in braces.
    private mutating func sort(_ members: [Range<Int>], from start: Int) {
        // Names differ and end with their quote, so that comparing members compares names.
        let sorted = members.sorted { output[$0].lexicographicallyPrecedes(output[$1]) }
        var object: [UInt8] = [ASCII.braceOpen]
        object.reserveCapacity(output.count - start + members.count + 2)
        for (place, member) in sorted.enumerated() {
            if place > 0 { object.append(ASCII.comma) }
            object.append(contentsOf: output[member])
        }
        object.append(ASCII.braceClose)
        output.removeSubrange(start...)
        output.append(contentsOf: object)
    }

    private static func append(escaped byte: UInt8, to output: inout [UInt8]) {
        switch byte {
        case ASCII.quote, ASCII.backslash: output.append(contentsOf: [ASCII.backslash, byte])
        case 0x08: output.append(contentsOf: "\\b".utf8)
        case 0x0C: output.append(contentsOf: "\\f".utf8)
        case ASCII.newline: output.append(contentsOf: "\\n".utf8)
        case ASCII.carriageReturn: output.append(contentsOf: "\\r".utf8)
        case ASCII.tab: output.append(contentsOf: "\\t".utf8)
        case 0..<0x20:
            let digits = Array("0123456789abcdef".utf8)
            output.append(contentsOf: "\\u00".utf8)
            output.append(contentsOf: [digits[Int(byte >> 4)], digits[Int(byte & 0xF)]])
        default: output.append(byte)
        }
    }
}
