import Errand
import Testing

@Suite("a JSON error says what is wrong and where", .timeLimit(.minutes(5)))
struct JSONErrorTests {
    static let places: [(text: String, pointer: String, offset: Int, message: String)] = [
        ("", "", 0, "the text ends too early"),
        (#"{"a": [1, 2, }"#, "/a/2", 13, #"expected a value, found "}""#),
        (#"{"a": [1, 2, x]}"#, "/a/2", 13, #"expected a value, found "x""#),
        (#"{"items":[{"n":01}]}"#, "/items/0/n", 15, #"not a JSON number, found "01""#),
        (#"{"a":{"b":1,"b":2}}"#, "/a/b", 12, #"the member "b" appears twice"#),
        (#"{"a":{"b":1,"\u0062":2}}"#, "/a/b", 12, #"the member "\u0062" appears twice"#),
        (#"{"a/b":{"m~n":-}}"#, "/a~1b/m~0n", 14, #"not a JSON number, found "-""#),
        ("{\"~\u{301}\":-}", "/~0\u{301}", 7, #"not a JSON number, found "-""#),
        (#"{"":["\ud800"]}"#, "//0", 6, #"half of a surrogate pair is not a character, found "\ud800""#),
        (#"{"k":"a\u0000"}"#, "/k", 7, "the character U+0000 cannot be kept"),
        (#"{"k" 1}"#, "", 5, #"expected ":" after the member name, found "1""#),
        (#"{"k":1 "l":2}"#, "", 7, #"expected "," or "}", found "l""#),
        ("[1 2]", "", 3, #"expected "," or "]", found "2""#),
        ("{k:1}", "", 1, #"expected a member name in double quotes, found "k""#),
        ("{} true", "", 3, #"expected nothing after the value, found "true""#),
        ("[nothing]", "/0", 1, #"expected a value, found "nothing""#),
        ("[\"\u{1B}[31m\"]", "/0", 2, #"control characters in a string must be escaped, found "?[31m""#),
        (#"["\q"]"#, "/0", 2, #"not an escape that JSON has, found "\q""#),
        ("\u{FEFF}1", "", 0, "the text starts with a byte order mark"),
        ("[[[1]]]", "/0/0", 2, "nested deeper than 2 levels"),
        ("[" + String(repeating: "x", count: 50), "/0", 1, #"expected a value, found "xxxxxxxxxxxxxxxxxxxxxxxx...""#),
    ]

    @Test("the pointer, the offset and the message name the place and the value", arguments: places)
    func place(text: String, pointer: String, offset: Int, message: String) throws {
        let limits = JSONLimits(maximumDepth: text == "[[[1]]]" ? 2 : 64)
        let error = try #require(throws: JSONError.self) { try JSONText(validating: text, limits: limits) }
        #expect(error.pointer == pointer)
        #expect(error.offset == offset)
        #expect(error.message == message)
    }

    @Test("the description joins the message and the place")
    func description() throws {
        let nested = try #require(throws: JSONError.self) { try JSONText(validating: "[1,]") }
        #expect(nested.description == #"expected a value, found "]" (at /1, byte 3)"#)
        let control = try #require(throws: JSONError.self) { try JSONText(validating: #"{"a\nb":x}"#) }
        #expect(control.description == #"expected a value, found "x" (at /a?b, byte 8)"#)
        let top = try #require(throws: JSONError.self) { try JSONText(validating: "x") }
        #expect(top.description == #"expected a value, found "x" (byte 0)"#)
    }

    @Test("an oversize text is named with its size and the limit")
    func tooLarge() throws {
        let limits = JSONLimits(maximumBytes: 2)
        let error = try #require(throws: JSONError.self) { try JSONText(validating: "[1]", limits: limits) }
        #expect(error.message == "the JSON has 3 bytes, more than the 2 allowed")
    }

    @Test("a value of the wrong kind is named with its kind")
    func wrongKind() throws {
        let array = try #require(throws: JSONError.self) { try JSONText(validating: "[1]").object() }
        #expect(array.code == .notAnObject)
        #expect(array.message == "expected an object, found array")
        let text = try #require(throws: JSONError.self) { try JSONText(validating: "\"a\"").elements() }
        #expect(text.message == "expected an array, found string")
    }
}
