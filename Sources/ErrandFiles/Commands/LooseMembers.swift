#if Files
import Errand

/// Guesses at the members of what begins as an object and is no JSON: `{'result': 1}`, `{result: 1}`, half a line.
enum LooseMembers {
    /// Whether one of the outermost members seems to be called so.
    static func include(_ name: String, in bytes: [UInt8]) -> Bool {
        var reader = LooseReader(bytes: bytes)
        while let found = reader.nextName() {
            if found == name { return true }
        }
        return false
    }
}

private struct LooseReader {
    let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// The next name in the outermost braces.
    mutating func nextName() -> String? {
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "("): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ")"): depth -= 1
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                _ = quoted(by: byte)
                continue
            default: break
            }
            position += 1
            // Behind a brace or a comma, where names are.
            let isBehind = byte == UInt8(ascii: "{") || byte == UInt8(ascii: ",")
            if isBehind, depth == 1, let name = name() { return name }
        }
        return nil
    }

    /// A name and the colon behind it; nil where there is something else.
    private mutating func name() -> String? {
        skipSpace()
        guard position < bytes.count else { return nil }
        let first = bytes[position]
        let isQuoted = first == UInt8(ascii: "\"") || first == UInt8(ascii: "'")
        let name = isQuoted ? quoted(by: first) : word()
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else { return nil }
        // Escapes as JSON has them; what has others is not the name of a member that anyone looks for.
        let text = String(decoding: name, as: UTF8.self)
        guard name.contains(UInt8(ascii: "\\")) else { return text }
        // A text that is no JSON keeps its backslashes.
        return (try? JSONText(validating: "\"\(text)\"").stringValue) ?? text
    }

    /// What is in quotes, without them; a string ends with its line.
    private mutating func quoted(by quote: UInt8) -> ArraySlice<UInt8> {
        position += 1
        let start = position
        while position < bytes.count, bytes[position] != quote, bytes[position] != UInt8(ascii: "\n") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        position = min(position, bytes.count)
        defer { position = min(position + 1, bytes.count) }
        return bytes[start..<position]
    }

    private mutating func word() -> ArraySlice<UInt8> {
        let start = position
        while position < bytes.count, bytes[position] == UInt8(ascii: "_") || bytes[position].isASCIILetter {
            position += 1
        }
        return bytes[start..<position]
    }

    private mutating func skipSpace() {
        while position < bytes.count, ObjectOutline.isSpace(bytes[position]) { position += 1 }
    }
}

extension UInt8 {
    fileprivate var isASCIILetter: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
    }
}
#endif
