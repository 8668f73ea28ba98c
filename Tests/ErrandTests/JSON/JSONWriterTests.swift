import Errand
import FoundationEssentials
import Testing

@Suite("the JSON writer writes in order and escapes", .timeLimit(.minutes(5)))
struct JSONWriterTests {
    @Test("members of every type come in the order written")
    func members() throws {
        var writer = JSONWriter()
        let embedded = try JSONText(validating: #"{ "n": 1.500 }"#)
        writer.object {
            $0.member("string", "a")
            $0.member("int", 1)
            $0.member("int64", Int64.min)
            $0.member("double", 0.1)
            $0.member("bool", true)
            $0.member("text", embedded)
            $0.member("date", Date(timeIntervalSince1970: 0.5))
            $0.memberNull("null")
        }
        let expected =
            #"{"string":"a","int":1,"int64":-9223372036854775808,"double":0.1,"bool":true,"#
            + #""text":{ "n": 1.500 },"date":"1970-01-01T00:00:00.500Z","null":null}"#
        #expect(writer.text.string == expected)
        #expect(writer.bytes == Array(expected.utf8))
    }

    @Test("nil is written as null, or left out when asked")
    func optionals() {
        var writer = JSONWriter()
        writer.object {
            $0.member("a", String?.none)
            $0.member("b", Int64?.none)
            $0.memberIfPresent("c", String?.none)
            $0.memberIfPresent("d", Bool?.some(false))
            $0.memberIfPresent("e", Date?.none)
        }
        #expect(writer.text.string == #"{"a":null,"b":null,"d":false}"#)
    }

    @Test("objects and arrays nest with commas in the right places")
    func nesting() {
        var writer = JSONWriter()
        writer.array {
            $0.array { _ in }
            $0.object { _ in }
            $0.object {
                $0.member("list") { list in list.array { for number in 1...3 { $0.value(number) } } }
                $0.member("empty") { _ in }
                $0.member("object") { $0.object { $0.member("x", "y") } }
                $0.member("single") { $0.value("v") }
            }
            $0.value("last")
            $0.valueNull()
            $0.value(1.5)
        }
        #expect(
            writer.text.string
                == #"[[],{},{"list":[1,2,3],"empty":null,"object":{"x":"y"},"single":"v"},"last",null,1.5]"#
        )
    }

    @Test("a writer that wrote nothing has the text null")
    func nothing() {
        #expect(JSONWriter().text.string == "null")
    }

    static let escapes: [(String, String)] = [
        ("", #""""#), ("a\"b\\c/d", #""a\"b\\c/d""#),
        ("\u{1}\u{F}\u{10}\u{1F}\u{7F}", "\"\\u0001\\u000f\\u0010\\u001f\u{7F}\""),
        ("\n\r\t\u{8}\u{C}", #""\n\r\t\u0008\u000c""#), ("é😀\u{2028}\u{2029}", "\"é😀\u{2028}\u{2029}\""),
        ("12345678\"", #""12345678\"""#), ("\"éé\"", #""\"éé\"""#),
    ]

    @Test("only quotes, backslashes and control characters are escaped", arguments: escapes)
    func escaping(string: String, expected: String) throws {
        var writer = JSONWriter()
        writer.value(string)
        #expect(writer.text.string == expected)
        #expect(try JSONText(validating: writer.bytes).stringValue == string)
    }

    @Test("U+0000 becomes the replacement character, so that the document stays valid")
    func nul() throws {
        var writer = JSONWriter()
        writer.object { $0.member("a\u{0}", "\u{0}b\u{0}") }
        #expect(try JSONText(validating: writer.bytes).string == "{\"a\u{FFFD}\":\"\u{FFFD}b\u{FFFD}\"}")
    }

    static let doubles: [(Double, String)] = [
        (0, "0"), (-0.0, "-0"), (5, "5"), (-2.5, "-2.5"), (1e-7, "1e-07"), (1e300, "1e+300"), (.nan, "null"),
        (.infinity, "null"), (-.infinity, "null"), (.pi, "3.141592653589793"),
    ]

    @Test("doubles are written shortest, and those JSON cannot write as null", arguments: doubles)
    func writesDoubles(value: Double, expected: String) throws {
        var writer = JSONWriter()
        writer.value(value)
        #expect(writer.text.string == expected)
        if value.isFinite { #expect(try JSONText(validating: writer.bytes).doubleValue == value) }
    }
}
