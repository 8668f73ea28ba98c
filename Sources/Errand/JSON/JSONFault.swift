/// What the scanner throws: small enough for registers, so that the way without errors costs nothing.
///
/// It becomes a ``JSONError`` with words and a pointer once the scan is over.
struct JSONFault: Error {
    enum Reason: UInt8 {
        case endOfText, value, name, colon, commaOrBrace, commaOrBracket, number, escape, control, trailing,
            byteOrderMark
        case duplicateKey, nul, loneSurrogate, invalidUTF8, tooDeep
    }

    let reason: Reason
    let offset: Int
}

extension JSONFault.Reason {
    var code: JSONError.Code {
        switch self {
        case .duplicateKey: .duplicateKey
        case .nul: .nul
        case .loneSurrogate: .loneSurrogate
        case .invalidUTF8: .invalidUTF8
        case .tooDeep: .tooDeep
        default: .malformed
        }
    }

    /// What to say, given the text at the fault and the depth limit.
    func message(found: String, maximumDepth: Int) -> String {
        switch self {
        case .endOfText: "the text ends too early"
        case .value: "expected a value, found \(found)"
        case .name: "expected a member name in double quotes, found \(found)"
        case .colon: "expected \":\" after the member name, found \(found)"
        case .commaOrBrace: "expected \",\" or \"}\", found \(found)"
        case .commaOrBracket: "expected \",\" or \"]\", found \(found)"
        case .number: "not a JSON number, found \(found)"
        case .escape: "not an escape that JSON has, found \(found)"
        case .control: "control characters in a string must be escaped, found \(found)"
        case .trailing: "expected nothing after the value, found \(found)"
        case .byteOrderMark: "the text starts with a byte order mark"
        case .duplicateKey: "the member \(found) appears twice"
        case .nul: "the character U+0000 cannot be kept"
        case .loneSurrogate: "half of a surrogate pair is not a character, found \(found)"
        case .invalidUTF8: "the bytes are not UTF-8, found \(found)"
        case .tooDeep: "nested deeper than \(maximumDepth) levels"
        }
    }
}
