#if Files
/// Follows the outline of a JSON object line by line, and says whether it goes on.
///
/// It only cares for what tells an object from a text that merely begins as one: braces, brackets, colons, commas and
/// where strings end. What stands for a value may be any word, `NaN` too: whether an object whose outline is complete
/// is JSON is asked of ``JSONText``, and such an object is one wrong message, not a heap of lines. What ``JSONText``
/// takes has a complete outline.
struct ObjectOutline {
    /// As deep as a message can be whose result is as deep as any JSON.
    static let deepest = 65

    enum Verdict: Equatable {
        /// So far it is the beginning of an object.
        case open
        /// The object ended with the line.
        case complete
        /// It cannot become an object any more.
        case broken
    }

    private enum Place {
        case object, nameOrEnd, name, inName, colon, value, valueOrEnd, inString, inWord, commaOrEnd, end
    }

    private var place = Place.object
    /// The brackets that are open, whether each is a brace.
    private var isBrace: [Bool] = []
    private var isEscaped = false

    /// Takes the next line, without its end; after anything but `open` there is nothing more to take.
    mutating func take(_ line: CommandLines.Line) -> Verdict {
        for byte in line.bytes where !step(byte) { return .broken }
        // Of a line that was cut nobody knows how it ends.
        if line.isCut { return .open }
        switch place {
        // No string of JSON goes over the end of a line.
        case .inName, .inString: return .broken
        case .inWord: place = .commaOrEnd
        default: break
        }
        return place == .end ? .complete : .open
    }

    /// Takes a byte; false where no object goes on with it.
    private mutating func step(_ byte: UInt8) -> Bool {
        switch place {
        case .inName, .inString: return stepInString(byte)
        case .inWord:
            if Self.isInWord(byte) { return true }
            place = .commaOrEnd
        default: break
        }
        return Self.isSpace(byte) || stepBetween(byte)
    }

    private mutating func stepInString(_ byte: UInt8) -> Bool {
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            place = place == .inName ? .colon : .commaOrEnd
        }
        return true
    }

    /// Takes a byte that is part of no string and no word.
    private mutating func stepBetween(_ byte: UInt8) -> Bool {
        switch (place, byte) {
        case (.object, UInt8(ascii: "{")): return open(isBrace: true)
        case (.nameOrEnd, UInt8(ascii: "\"")), (.name, UInt8(ascii: "\"")): place = .inName
        case (.colon, UInt8(ascii: ":")): place = .value
        case (.commaOrEnd, UInt8(ascii: ",")): place = isBrace.last == true ? .name : .value
        case (.nameOrEnd, UInt8(ascii: "}")), (.commaOrEnd, UInt8(ascii: "}")): return close(isBrace: true)
        case (.valueOrEnd, UInt8(ascii: "]")), (.commaOrEnd, UInt8(ascii: "]")): return close(isBrace: false)
        case (.value, _), (.valueOrEnd, _): return begin(byte)
        default: return false
        }
        return true
    }

    /// Takes the first byte of a value.
    private mutating func begin(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "{"): return open(isBrace: true)
        case UInt8(ascii: "["): return open(isBrace: false)
        case UInt8(ascii: "\""): place = .inString
        default:
            guard Self.isInWord(byte) else { return false }
            place = .inWord
        }
        return true
    }

    private mutating func open(isBrace brace: Bool) -> Bool {
        guard isBrace.count < Self.deepest else { return false }
        isBrace.append(brace)
        place = brace ? .nameOrEnd : .valueOrEnd
        return true
    }

    private mutating func close(isBrace brace: Bool) -> Bool {
        guard isBrace.popLast() == brace else { return false }
        place = isBrace.isEmpty ? .end : .commaOrEnd
        return true
    }

    /// Whether the byte is one that JSON allows between tokens, within a line.
    static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
            || byte == UInt8(ascii: "\n")
    }

    /// Whether the byte may be part of a number, of `true`, or of a word that other languages print for a value.
    private static func isInWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
#endif
