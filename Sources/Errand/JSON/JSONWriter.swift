/// Writes JSON in the order given, embedding validated text untouched.
///
/// ```swift
/// var writer = JSONWriter()
/// writer.object {
///     $0.member("id", job.id)
///     $0.member("links") { $0.object { $0.member("self", "/api/jobs/\(job.id)") } }
/// }
/// ```
/// What it writes is valid as long as the caller gives no name twice to one object and writes members only into objects
/// and values only into arrays.
public struct JSONWriter: Sendable {
    /// The UTF-8 written so far.
    public private(set) var bytes: [UInt8]

    /// Whether the next member or element needs a comma before it.
    private var needsComma = false

    /// Creates a writer with room for a number of bytes.
    public init(reserving: Int = 256) {
        bytes = []
        bytes.reserveCapacity(reserving)
    }

    /// What was written; `null` when nothing was.
    public var text: JSONText {
        bytes.isEmpty ? .null : JSONText(trusted: String(decoding: bytes, as: UTF8.self))
    }

    /// Writes an object, whose members the function writes.
    public mutating func object(_ body: (inout JSONWriter) -> Void) {
        enclose(ASCII.braceOpen, ASCII.braceClose, body)
    }

    /// Writes an array, whose elements the function writes.
    public mutating func array(_ body: (inout JSONWriter) -> Void) {
        enclose(ASCII.bracketOpen, ASCII.bracketClose, body)
    }

    /// Writes a member whose one value the function writes; `null` when it writes none.
    public mutating func member(_ name: String, body: (inout JSONWriter) -> Void) {
        startMember(name)
        let start = bytes.count
        body(&self)
        if bytes.count == start { valueNull() }
    }

    /// Writes a member that is `null`.
    public mutating func memberNull(_ name: String) {
        startMember(name)
        valueNull()
    }

    /// Writes a value that is `null`.
    public mutating func valueNull() {
        startValue()
        append(word: "null")
    }

    private mutating func enclose(_ open: UInt8, _ close: UInt8, _ body: (inout JSONWriter) -> Void) {
        startValue()
        bytes.append(open)
        needsComma = false
        body(&self)
        bytes.append(close)
        needsComma = true
    }

    // MARK: - Steps the overloads share

    /// Writes what comes before a value.
    mutating func startValue() {
        if needsComma { bytes.append(ASCII.comma) }
        needsComma = true
    }

    /// Writes a member's name, after which its value needs no comma.
    mutating func startMember(_ name: String) {
        startValue()
        append(quoted: name)
        bytes.append(ASCII.colon)
        needsComma = false
    }

    /// Writes text that needs no escape.
    mutating func append(word: String) {
        bytes.append(contentsOf: word.utf8)
    }

    /// Writes a string: everything stays as it is but quotes, backslashes and control characters.
    ///
    /// U+0000 becomes U+FFFD, because no store keeps it: a stray one in a message must not make the document invalid.
    mutating func append(quoted string: String) {
        var string = string
        bytes.append(ASCII.quote)
        string.withUTF8 { text in
            var start = 0
            var index = text.firstSpecial(from: 0)
            while index < text.count {
                if text[index] < 0x80 {
                    bytes.append(contentsOf: text[start..<index])
                    append(escaped: text[index])
                    start = index + 1
                }
                index = text.firstSpecial(from: index + 1)
            }
            bytes.append(contentsOf: text[start...])
        }
        bytes.append(ASCII.quote)
    }

    private mutating func append(escaped byte: UInt8) {
        switch byte {
        case 0: bytes.append(contentsOf: "\u{FFFD}".utf8)
        case ASCII.quote: bytes.append(contentsOf: #"\""#.utf8)
        case ASCII.backslash: bytes.append(contentsOf: #"\\"#.utf8)
        case ASCII.newline: bytes.append(contentsOf: #"\n"#.utf8)
        case ASCII.carriageReturn: bytes.append(contentsOf: #"\r"#.utf8)
        case ASCII.tab: bytes.append(contentsOf: #"\t"#.utf8)
        default:
            let digit = byte & 0xF
            bytes.append(contentsOf: byte < 0x10 ? #"\u000"#.utf8 : #"\u001"#.utf8)
            bytes.append(digit < 10 ? ASCII.zero + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
