/// One pass over UTF-8 that accepts exactly the JSON every store keeps, and builds no tree.
///
/// It recurses once per level, never deeper than ``JSONLimits/deepest``.
struct JSONScanner {
    /// A top-level member or element; the name is nil for an element.
    struct Slice {
        let name: ScannedString?
        let value: Range<Int>
    }

    let bytes: UnsafeBufferPointer<UInt8>
    let maximumDepth: Int
    /// Whether to note the members or elements of the outermost value.
    let listsSlices: Bool
    var position = 0
    var names: SeenNames.Shared
    var slices: [Slice] = []
    /// The place of a fault, innermost token first; filled only while a fault travels up.
    var path: [String] = []

    /// Scans the whole text; whitespace around the value is part of it.
    mutating func text() throws(JSONFault) {
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
            throw JSONFault(reason: .byteOrderMark, offset: 0)
        }
        try value(depth: 0)
        skipWhitespace()
        guard position == bytes.count else { throw fault(.trailing) }
    }

    /// Scans one value and the whitespace before it.
    mutating func value(depth: Int) throws(JSONFault) {
        skipWhitespace()
        guard position < bytes.count else { throw fault(.value) }
        switch bytes[position] {
        case ASCII.quote: _ = try string()
        case ASCII.braceOpen: try object(depth: depth + 1)
        case ASCII.bracketOpen: try array(depth: depth + 1)
        case ASCII.minus, ASCII.zero...ASCII.nine: try number()
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: throw fault(.value)
        }
    }

    private mutating func object(depth: Int) throws(JSONFault) {
        guard depth <= maximumDepth else { throw fault(.tooDeep) }
        position += 1
        skipWhitespace()
        if take(ASCII.braceClose) { return }
        var seen = SeenNames(in: names)
        repeat {
            try member(depth: depth, &seen)
            skipWhitespace()
        } while take(ASCII.comma)
        guard take(ASCII.braceClose) else { throw fault(.commaOrBrace) }
        seen.close(in: &names)
    }

    @inline(__always)
    private mutating func member(depth: Int, _ seen: inout SeenNames) throws(JSONFault) {
        skipWhitespace()
        let start = position
        guard position < bytes.count, bytes[position] == ASCII.quote else { throw fault(.name) }
        let name = try string()
        guard seen.insert(name, in: &names) else {
            path.append(name.unescaped())
            throw JSONFault(reason: .duplicateKey, offset: start)
        }
        skipWhitespace()
        guard take(ASCII.colon) else { throw fault(.colon) }
        skipWhitespace()
        let valueStart = position
        do { try value(depth: depth) } catch {
            path.append(name.unescaped())
            throw error
        }
        if listsSlices, depth == 1 { slices.append(Slice(name: name, value: valueStart..<position)) }
    }

    private mutating func array(depth: Int) throws(JSONFault) {
        guard depth <= maximumDepth else { throw fault(.tooDeep) }
        position += 1
        skipWhitespace()
        if take(ASCII.bracketClose) { return }
        var index = 0
        repeat {
            skipWhitespace()
            let start = position
            do { try value(depth: depth) } catch {
                path.append(String(index))
                throw error
            }
            if listsSlices, depth == 1 { slices.append(Slice(name: nil, value: start..<position)) }
            index += 1
            skipWhitespace()
        } while take(ASCII.comma)
        guard take(ASCII.bracketClose) else { throw fault(.commaOrBracket) }
    }

    // MARK: - Small steps

    /// Passes over the byte when it is next.
    @inline(__always)
    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    @inline(__always)
    private mutating func skipWhitespace() {
        while position < bytes.count, ASCII.isWhitespace(bytes[position]) { position += 1 }
    }

    /// A fault at the current byte; the end of the text and NUL are more telling than what was expected there.
    func fault(_ reason: JSONFault.Reason) -> JSONFault {
        guard reason != .tooDeep else { return JSONFault(reason: reason, offset: position) }
        guard position < bytes.count else { return JSONFault(reason: .endOfText, offset: position) }
        return JSONFault(reason: bytes[position] == 0 ? .nul : reason, offset: position)
    }
}
