import Errand
import FoundationEssentials
import Testing

@Suite("valid JSON text is read without losing anything", .timeLimit(.minutes(5)))
struct JSONReadingTests {
    @Test("the kind is known from the first byte that is not whitespace")
    func kinds() throws {
        let kinds: [(String, JSONKind)] = [
            (" {}", .object), ("\n[]", .array), ("\"a\"", .string), ("-1", .number), ("7", .number), ("true", .bool),
            ("\tfalse", .bool), ("null ", .null),
        ]
        for (text, kind) in kinds { #expect(try JSONText(validating: text).kind == kind) }
    }

    @Test("numbers beyond 2^53 keep every digit")
    func bigNumbers() throws {
        let text = #"{"id": 9223372036854775807, "big": 123456789012345678901234567890, "pi": 3.14000}"#
        let object = try JSONText(validating: text).object()
        #expect(object["id"]?.int64Value == .max)
        #expect(object["big"]?.string == "123456789012345678901234567890")
        #expect(object["big"]?.int64Value == nil)
        #expect(object["pi"]?.string == "3.14000")
    }

    static let integers: [(String, Int64?)] = [
        ("0", 0), ("-0", 0), (" 42\n", 42), ("-9223372036854775808", .min), ("9223372036854775808", nil), ("1.0", nil),
        ("1e3", nil), ("\"1\"", nil), ("true", nil), ("null", nil), ("[1]", nil),
    ]

    @Test("only integer spellings that fit are integers", arguments: integers)
    func int64(text: String, expected: Int64?) throws {
        #expect(try JSONText(validating: text).int64Value == expected)
    }

    @Test("any number a double can come near is a double")
    func doubles() throws {
        #expect(try JSONText(validating: " 1e3 ").doubleValue == 1000)
        #expect(try JSONText(validating: "-0.25").doubleValue == -0.25)
        #expect(try JSONText(validating: "1e400").doubleValue == nil)
        #expect(try JSONText(validating: "\"1\"").doubleValue == nil)
    }

    @Test("booleans, null and strings are read, and nil for any other kind")
    func scalars() throws {
        #expect(try JSONText(validating: " true ").boolValue == true)
        #expect(try JSONText(validating: "false").boolValue == false)
        #expect(try JSONText(validating: "null").boolValue == nil)
        #expect(try JSONText(validating: " null").isNull)
        #expect(try JSONText(validating: "0").isNull == false)
        #expect(try JSONText(validating: "0").stringValue == nil)
    }

    static let strings: [(String, String)] = [
        (#""""#, ""), (#" "plain" "#, "plain"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
        (#""\u0041\u00e9""#, "Aé"),
        (#""\u20ac\ud83d\ude00x""#, "€😀x"), ("\"é😀\"", "é😀"), (#""\uffff\u0001""#, "\u{FFFF}\u{1}"),
        (#""\\u0041""#, #"\u0041"#),
    ]

    @Test("strings are unescaped", arguments: strings)
    func unescapes(text: String, expected: String) throws {
        let json = try JSONText(validating: text)
        #expect(json.stringValue.map { Array($0.utf8) } == Array(expected.utf8))
        #expect(try json.decode(as: String.self) == expected)
    }

    @Test("members come in order, names unescaped, values as exact slices")
    func members() throws {
        let text = #" { "b" : [ 1 , 2 ] , "\u0061" :{"x": 1.50},"" : "s\/t" , "é":null } "#
        let object = try JSONText(validating: text).object()
        #expect(object.members.map(\.name) == ["b", "a", "", "é"])
        #expect(object.members.map(\.value.string) == ["[ 1 , 2 ]", #"{"x": 1.50}"#, #""s\/t""#, "null"])
        #expect(object["a"]?.kind == .object)
        #expect(object["c"] == nil)
        #expect(object["e\u{301}"] == nil, "a differently composed name is another member")
        #expect(try JSONText.emptyObject.object().members.isEmpty)
    }

    @Test("elements come in order as exact slices")
    func elements() throws {
        let json = try JSONText(validating: #"[ 1.0, "a" ,[2, 3],{"n":[4]} ]"#)
        #expect(try json.elements().map(\.string) == ["1.0", #""a""#, "[2, 3]", #"{"n":[4]}"#])
        #expect(try JSONText(validating: "[ ]").elements().isEmpty)
    }

    @Test("text that only claims to be validated is refused when it is read, not trusted with memory")
    func damagedText() {
        for text in ["{\"a\":", "{\"a\":1", "{", "{\"a\\", "{\"a\":\"\\u12"] {
            #expect(throws: JSONError.self) { try JSONText(trusted: text).object() }
        }
        for text in ["\"\\", "\"", "\"\\u", "\"\\ud83d", "\"\\ud83d\\u", ""] {
            _ = JSONText(trusted: text).stringValue
        }
    }

    @Test("texts are equal when their bytes are")
    func equality() throws {
        #expect(try JSONText(validating: "\"é\"") != JSONText(validating: "\"e\u{301}\""))
        #expect(try JSONText(validating: "1.0") != JSONText(validating: "1"))
        #expect(try Set([JSONText(validating: "[1]"), JSONText(validating: Array("[1]".utf8))]).count == 1)
    }

    @Test("line breaks between tokens become spaces on one line, and those in strings stay escaped")
    func oneLine() throws {
        let json = try JSONText(validating: "{\r\n \"a\": \"x\\ny\"\n}")
        #expect(json.onOneLine.string == "{   \"a\": \"x\\ny\" }")
        #expect(try JSONText(validating: "[1]").onOneLine.string == "[1]")
    }

    @Test("bytes are taken from any collection")
    func collections() throws {
        #expect(try JSONText(validating: Data("[1]".utf8)).string == "[1]")
        #expect(try JSONText(validating: Array(" [1] ".utf8)[1..<4]).string == "[1]")
        #expect(try JSONText(validating: Array("]1[".utf8).reversed()).string == "[1]")
        #expect(try JSONText(validating: "{}".utf8).string == "{}")
    }
}
