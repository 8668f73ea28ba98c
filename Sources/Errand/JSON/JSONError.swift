/// Why a text is not JSON that Errand keeps, and where.
public struct JSONError: Error, Sendable, Equatable {
    /// The reasons to refuse a text.
    public enum Code: String, Sendable, CaseIterable {
        /// It breaks the grammar of RFC 8259.
        case malformed
        /// An object names one member twice, also when the two spellings differ by escapes.
        case duplicateKey
        /// It holds U+0000, raw or escaped, which PostgreSQL cannot keep.
        case nul
        /// It escapes half of a surrogate pair, which is not a character.
        case loneSurrogate
        /// Its bytes are not UTF-8.
        case invalidUTF8
        /// Objects and arrays nest deeper than the limit.
        case tooDeep
        /// It has more bytes than the limit.
        case tooLarge
        /// The value is of another kind than the caller needs.
        case notAnObject
    }

    /// The reason.
    public let code: Code

    /// The byte at which the reason was found, counted from 0.
    public let offset: Int

    /// The value concerned, as an RFC 6901 JSON pointer; empty for the whole text.
    public let pointer: String

    /// One sentence without a full stop that says what was found and what was expected.
    public let message: String

    /// Creates an error.
    public init(code: Code, offset: Int, pointer: String, message: String) {
        self.code = code
        self.offset = offset
        self.pointer = pointer
        self.message = message
    }
}

extension JSONError: CustomStringConvertible {
    /// The message with its place: `expected a value, found "]" (at /items/2, byte 17)`.
    public var description: String {
        pointer.isEmpty ? "\(message) (byte \(offset))" : "\(message) (at \(printablePointer), byte \(offset))"
    }

    /// The pointer with control characters replaced: names come from strangers and descriptions end up in logs.
    private var printablePointer: String {
        String(
            String.UnicodeScalarView(
                pointer.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }
            )
        )
    }
}
