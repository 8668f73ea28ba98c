extension JSONScanner {
    /// Scans `true`, `false` or `null`.
    mutating func literal(_ word: StaticString) throws(JSONFault) {
        let length = word.utf8CodeUnitCount
        guard position + length <= bytes.count else { throw fault(.value) }
        for index in 0..<length where bytes[position + index] != word.utf8Start[index] { throw fault(.value) }
        position += length
    }

    /// Scans a number; a fault is put at its first byte, so that the message shows it whole.
    mutating func number() throws(JSONFault) {
        let start = position
        if bytes[position] == ASCII.minus { position += 1 }
        let leadingZero = position < bytes.count && bytes[position] == ASCII.zero
        let digits = skipDigits()
        var isNumber = digits > 0 && (digits == 1 || !leadingZero)
        if position < bytes.count, bytes[position] == ASCII.dot {
            position += 1
            isNumber = skipDigits() > 0 && isNumber
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == ASCII.plus || bytes[position] == ASCII.minus { position += 1 }
            isNumber = skipDigits() > 0 && isNumber
        }
        guard isNumber else { throw JSONFault(reason: .number, offset: start) }
    }

    @inline(__always)
    private mutating func skipDigits() -> Int {
        let start = position
        while position < bytes.count, ASCII.isDigit(bytes[position]) { position += 1 }
        return position - start
    }

    /// Scans a string, whose opening quote is next.
    @inline(__always)
    mutating func string() throws(JSONFault) -> ScannedString {
        let start = position + 1
        var hasEscapes = false
        position = bytes.firstSpecial(from: start)
        while true {
            guard position < bytes.count else { throw fault(.endOfText) }
            let byte = bytes[position]
            if byte == ASCII.quote { break }
            if byte == ASCII.backslash {
                try escape()
                hasEscapes = true
                position = bytes.firstSpecial(from: position)
            } else {
                guard byte >= 0x80 else { throw fault(.control) }
                try nonASCII()
            }
        }
        defer { position += 1 }
        return ScannedString(bytes: UnsafeBufferPointer(rebasing: bytes[start..<position]), hasEscapes: hasEscapes)
    }

    /// Scans one escape, or the two of a surrogate pair.
    private mutating func escape() throws(JSONFault) {
        guard position + 1 < bytes.count else { throw JSONFault(reason: .endOfText, offset: bytes.count) }
        switch bytes[position + 1] {
        case ASCII.quote, ASCII.backslash, ASCII.slash: position += 2
        case UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
        case UInt8(ascii: "u"): try unicodeEscape()
        default: throw fault(.escape)
        }
    }

    private mutating func unicodeEscape() throws(JSONFault) {
        let code = try codeUnit(at: position)
        switch code {
        case 0: throw fault(.nul)
        case 0xDC00...0xDFFF: throw fault(.loneSurrogate)
        case 0xD800...0xDBFF:
            let second = position + 6
            guard second + 1 < bytes.count, bytes[second] == ASCII.backslash, bytes[second + 1] == UInt8(ascii: "u"),
                try codeUnit(at: second) & 0xFC00 == 0xDC00
            else { throw fault(.loneSurrogate) }
            position += 12
        default: position += 6
        }
    }

    /// The number in the `\uXXXX` that starts at the offset.
    private func codeUnit(at offset: Int) throws(JSONFault) -> UInt32 {
        guard offset + 6 <= bytes.count else { throw JSONFault(reason: .escape, offset: offset) }
        var code: UInt32 = 0
        for index in offset + 2..<offset + 6 {
            guard let digit = ASCII.hexValue(bytes[index]) else { throw JSONFault(reason: .escape, offset: offset) }
            code = code << 4 | digit
        }
        return code
    }
}
