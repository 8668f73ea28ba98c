import Errand
import Testing

@Suite("JSON text is checked against the grammar", .timeLimit(.minutes(5)))
struct JSONGrammarTests {
    static let accepted = [
        "{}", "[]", "\"\"", "0", "-0", "1", "-1", "10", "1.0", "1.25e+3", "1E400", "1e-7", "0.0", "0e0", "-0.5E-2",
        "true", "false", "null", " \t\r\n{ } \n", "[1 , 2,\t3]", #"{"a":1,"b":[{"a":1},{"a":2}]}"#, #"{"":0}"#,
        #""\"\\\/\b\f\n\r\t""#, #""\u0001\u00e9\uD83D\uDE00\uffff""#, "\"é 日本 😀 \u{7F} \u{2028}\u{2029}\"",
        "\"\u{10FFFF}\u{FFFE}\"", #"{"a":1,"A":2}"#, "{\"é\":1,\"e\u{301}\":2}", #"[[],{},"",0,null,[[]]]"#,
        "123456789012345678901234567890.000000000000000000001", "\"'\"", #"{"\"":1,"\\":2}"#,
    ]

    @Test("valid text is accepted and kept byte for byte", arguments: accepted)
    func accepts(text: String) throws {
        let json = try JSONText(validating: text)
        #expect(Array(json.string.utf8) == Array(text.utf8))
        #expect(try JSONText(validating: Array(text.utf8)) == json)
        #expect(json.utf8Count == text.utf8.count)
    }

    static let malformed = [
        "", " ", "\n\t ", "-", "+1", "01", "-01", "00", "1.", ".5", "-.5", "1e", "1e+", "1E-", "1.e1", "1.5.5", "1e1e1",
        "0x10", "1_000", "1a", "- 1", "NaN", "Infinity", "-Infinity", "inf", "nul", "nulL", "True", "tru", "truee",
        "word",
        "'a'", "[1,]", "[,1]", "[1,,2]", "[1 2]", "[", "]", "[1", "[1}", "[}", "{", "}", "{]", "{,}", #"{"a":1,}"#,
        #"{"a"}"#, #"{"a":}"#, #"{"a" 1}"#, #"{"a",1}"#, "{a:1}", "{1:1}", "{'a':1}", #"{"a":1 "b":2}"#, #"{"a"::1}"#,
        #"{"a":1]"#, #"{null:1}"#, "{} {}", "[]]", "1 2", "{}x", "\"a", "\"", #""\"#, #""\""#, #""\x""#, #""\u""#,
        #""\u12""#,
        #""\u12G4""#, #""\U0041""#, #""\'""#, #""\u+123""#, "\"\t\"", "\"\n\"", "\"\u{1F}\"", "\u{FEFF}{}",
        "{}\u{FEFF}",
        "// c\n1", "/* c */ 1", "[1] # c", "\u{A0}1", "1\u{B}", "\u{C}1", #""a"b"#, "\"a\" \"b\"", "[1\u{2028}]", "&",
        "\\",
    ]

    @Test("text outside the grammar is refused as malformed", arguments: malformed)
    func refuses(text: String) {
        #expect(code(of: text) == .malformed)
        #expect(code(of: Array(text.utf8)) == .malformed)
        #expect(code(of: "[[0,\(text)") == .malformed, "also inside arrays that do not end")
    }

    static let unkeepable: [(String, JSONError.Code)] = [
        ("\"a\u{0}b\"", .nul), (#""\u0000""#, .nul), (#"{"a\u0000":1}"#, .nul), ("{\"\u{0}\":1}", .nul),
        ("\u{0}", .nul),
        ("[1,\u{0}]", .nul), ("{}\u{0}", .nul), (#"["\\\u0000"]"#, .nul),
        (#""\ud800""#, .loneSurrogate), (#""\uDFFF""#, .loneSurrogate), (#""\uD83D\uD83D""#, .loneSurrogate),
        (#""\ud83dx""#, .loneSurrogate), (#""\ud83d\n""#, .loneSurrogate), (#""\uDE00\uD83D""#, .loneSurrogate),
        (#"{"\udc00":1}"#, .loneSurrogate), (#""\ud83d\u0041""#, .loneSurrogate), (#""\ud83d"#, .loneSurrogate),
        (#"{"a":1,"a":1}"#, .duplicateKey), (#"{"a":1,"\u0061":2}"#, .duplicateKey), (#"{"":1,"":2}"#, .duplicateKey),
        (#"{"\u00e9":1,"é":2}"#, .duplicateKey), (#"{"\ud83d\ude00":1,"😀":2}"#, .duplicateKey),
        (#"{"a/b":1,"a\/b":2}"#, .duplicateKey), (#"{"\n":1,"\u000A":2}"#, .duplicateKey),
        (#"[{"x":{"a":1,"b":2,"a":3}}]"#, .duplicateKey),
    ]

    @Test("text that one store could not keep is refused with its own code", arguments: unkeepable)
    func refusesUnkeepable(text: String, expected: JSONError.Code) {
        #expect(code(of: text) == expected)
    }

    static let notUTF8: [[UInt8]] = [
        [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
        [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
        [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xE9],
    ]

    @Test("bytes that are not UTF-8 are refused in values and names", arguments: notUTF8)
    func refusesInvalidUTF8(bytes: [UInt8]) {
        #expect(code(of: Array("\"a".utf8) + bytes + Array("b\"".utf8)) == .invalidUTF8)
        #expect(code(of: Array("{\"".utf8) + bytes + Array("\":1}".utf8)) == .invalidUTF8)
        #expect(code(of: Array("\"0123456789é".utf8) + bytes) == .invalidUTF8)
    }

    @Test("a string may have its special byte at any place", arguments: 0..<24)
    func findsSpecialBytes(offset: Int) throws {
        let filler = String(repeating: "x", count: offset)
        for tail in ["", "y", "yyyyyyyyyyyy"] {
            #expect(code(of: "\"\(filler)\u{1}\(tail)\"") == .malformed)
            #expect(code(of: "\"\(filler)\u{0}\(tail)\"") == .nul)
            #expect(code(of: "\"\(filler)\"\(tail.isEmpty ? "z" : tail)\"") == .malformed)
            #expect(try JSONText(validating: "\"\(filler)\\\"é\(tail)\"").stringValue == "\(filler)\"é\(tail)")
        }
    }
}

/// The code with which a text is refused; nil when it is accepted.
func code(of text: String, limits: JSONLimits = .init()) -> JSONError.Code? {
    do throws(JSONError) {
        _ = try JSONText(validating: text, limits: limits)
        return nil
    } catch {
        return error.code
    }
}

/// The code with which bytes are refused; nil when they are accepted.
func code(of bytes: [UInt8], limits: JSONLimits = .init()) -> JSONError.Code? {
    do throws(JSONError) {
        _ = try JSONText(validating: bytes, limits: limits)
        return nil
    } catch {
        return error.code
    }
}
