import Errand
import Testing

/// What schemas ask; `Scripts/schemas/compare.py` holds the same to another implementation.
@Suite("JSON Schemas", .timeLimit(.minutes(1)))
struct JSONSchemaTests {
    struct Case: CustomTestStringConvertible {
        let schema: String
        let good: [String]
        let bad: [String]
        var testDescription: String { schema }

        init(_ schema: String, _ good: [String], _ bad: [String]) {
            (self.schema, self.good, self.bad) = (schema, good, bad)
        }
    }

    static let cases = [
        Case("true", ["1"], []),
        Case("false", [], ["1", "null"]),
        Case(
            #"{"type":"integer"}"#,
            ["1", "1.0", "1e2", "-0", "12345678901234567890"],
            ["1.5", #""1""#, "1e-1", "true"]
        ),
        Case(#"{"type":["string","null"]}"#, [#""""#, "null"], ["0", "[]"]),
        Case(#"{"enum":[1,"a",{"x":[1.0]}]}"#, ["1.0", #""\u0061""#, #"{"x":[1]}"#], ["2", #"{"x":[1],"y":0}"#]),
        Case(#"{"enum":[1,2],"const":2}"#, ["2"], ["1"]),
        Case(#"{"minimum":1,"exclusiveMaximum":9223372036854775807}"#, ["1", "9223372036854775806", #""0""#], ["0.9"]),
        Case(#"{"maximum":9223372036854775806}"#, ["9223372036854775806"], ["9223372036854775807", "1e400"]),
        Case(#"{"exclusiveMinimum":0,"multipleOf":0.01}"#, ["0.07", "19.99", "3"], ["0", "0.005"]),
        Case(#"{"multipleOf":3}"#, ["9", "0", "-3", "6.0"], ["10", "1.5"]),
        Case(
            #"{"minLength":2,"maxLength":3,"pattern":"^a"}"#,
            [#""ab""#, #""a\ud83d\ude00""#, "1"],
            [#""a""#, #""bab""#]
        ),
        Case(#"{"items":{"type":"number"},"minItems":1,"maxItems":2}"#, ["[1]", "{}"], ["[]", "[1,2,3]", #"["a"]"#]),
        Case(#"{"prefixItems":[{"const":1}],"items":false}"#, ["[]", "[1]"], ["[2]", "[1,2]"]),
        Case(#"{"uniqueItems":true}"#, ["[1,2]", #"["1",1]"#], ["[1,1.0]", #"[{"a":1,"b":2},{"b":2,"a":1}]"#]),
        Case(#"{"required":["a"],"properties":{"a":{"type":"string"}}}"#, [#"{"a":""}"#, "3"], ["{}", #"{"a":1}"#]),
        Case(#"{"properties":{"a":true},"additionalProperties":false}"#, [#"{"a":1}"#], [#"{"b":1}"#]),
        Case(#"{"additionalProperties":{"type":"string"}}"#, [#"{"b":""}"#], [#"{"b":1}"#]),
        Case(#"{"minProperties":1,"maxProperties":1}"#, [#"{"a":1}"#], ["{}", #"{"a":1,"b":2}"#]),
        Case(#"{"dependentRequired":{"a":["b"]}}"#, ["{}", #"{"a":1,"b":2}"#], [#"{"a":1}"#]),
        Case(#"{"allOf":[{"minimum":1},{"maximum":2}]}"#, ["1"], ["0", "3"]),
        Case(#"{"anyOf":[{"minimum":5},{"type":"string"}]}"#, ["5", #""""#], ["4"]),
        Case(#"{"oneOf":[{"minimum":5},{"multipleOf":2}]}"#, ["5", "4"], ["6", "3"]),
        Case(#"{"not":{"type":"string"}}"#, ["1"], [#""""#]),
        Case(#"{"if":{"minimum":5},"then":{"multipleOf":5},"else":{"maximum":2}}"#, ["10", "2"], ["6", "3"]),
        Case(
            ##"{"$ref":"#/$defs/t","$defs":{"t":{"type":"object","properties":{"kids":{"items":{"$ref":"#"}}}}}}"##,
            [#"{"kids":[{"kids":[]}]}"#],
            [#"{"kids":[{"kids":[1]}]}"#, "1"]
        ),
        Case(#"{"format":"uuid","title":"told, not checked"}"#, [#""no uuid""#], []),
    ]

    @Test("a value is as a schema says, or is not", arguments: cases)
    func verdicts(_ item: Case) throws {
        let schema = try JSONSchema(JSONText(validating: item.schema))
        for value in item.good {
            #expect(try schema.violations(in: JSONText(validating: value)) == [], "\(value)")
        }
        for value in item.bad {
            #expect(try !schema.violations(in: JSONText(validating: value)).isEmpty, "\(value)")
        }
    }

    @Test("every violation is named with its place, a word and what is wanted")
    func violations() throws {
        let schema = try JSONSchema(
            JSONText(
                validating: #"""
                    {"type":"object","required":["to"],"additionalProperties":false,
                    "properties":{"to":{"type":"string"},"lines":{"items":{"properties":{"n/o":{"minimum":1}}}}}}
                    """#
            )
        )
        let found = schema.violations(in: try JSONText(validating: #"{"lines":[{"n/o":1},{"n/o":0}],"cc":null}"#))
        #expect(found.map(\.pointer) == ["/to", "/lines/1/n~1o", "/cc"])
        #expect(found.map(\.code) == ["required", "out-of-range", "unknown-field"])
        #expect(found.map(\.detail) == ["is missing", "must be at least 1; it is 0", "is not known"])
    }

    @Test("a value with very many faults is not told all of them")
    func many() throws {
        let schema = try JSONSchema(JSONText(validating: #"{"items":{"type":"string"}}"#))
        let value = "[" + Array(repeating: "1", count: 1000).joined(separator: ",") + "]"
        #expect(schema.violations(in: try JSONText(validating: value)).count == 20)
    }

    @Test("a value that a schema would ask about for ever is refused, whatever else is wrong with it")
    func work() throws {
        let branch = ["and", "or", "not"].map { word in
            ##"{"properties":{"args":{"items":{"$ref":"#"}},"op":{"const":"\##(word)"}}}"##
        }
        let schema = try JSONSchema(JSONText(validating: "{\"oneOf\":[\(branch.joined(separator: ","))]}"))
        func nested(_ depth: Int) throws -> JSONText {
            let inner = String(repeating: #"{"args":["#, count: depth) + "1"
            return try JSONText(validating: inner + String(repeating: #"],"op":"or"}"#, count: depth))
        }
        #expect(try schema.violations(in: nested(31)).map(\.code).last == "too-complex")
        #expect(try schema.violations(in: JSONText(validating: #"{"op":"or"}"#)) == [])
    }

    @Test("a long text does not match, and a place is not told beyond measure")
    func long() throws {
        let schema = try JSONSchema(
            JSONText(validating: #"{"additionalProperties":{"items":{"type":"string","pattern":"[a-z]+@example"}}}"#)
        )
        let text = String(repeating: "a", count: 100_000)
        let found = schema.violations(in: try JSONText(validating: "{\"\(text)\":[\"\(text)\",1]}"))
        #expect(found.map(\.code) == ["wrong-length", "wrong-type"])
        #expect(found.allSatisfy { $0.pointer.utf8.count <= 300 && $0.detail.utf8.count <= 300 })
    }

    @Test("texts that only look alike are different")
    func lookalikes() throws {
        let schema = try JSONSchema(JSONText(validating: #"{"required":["\u00e4"],"properties":{"\u00e4":true}}"#))
        #expect(schema.violations(in: try JSONText(validating: #"{"a\u0308":1}"#)).count == 1)
        #expect(schema.violations(in: try JSONText(validating: #"{"\u00e4":1}"#)) == [])
    }

    @Test(
        "what cannot be checked is refused with its place, and so is what would be asked for ever",
        arguments: [
            (#"{"properties":{"a":{"unevaluatedItems":false}}}"#, "/properties/a/unevaluatedItems"),
            (##"{"$ref":"other.json"}"##, "/$ref"),
            (##"{"$ref":"#/$defs/a"}"##, "/$ref"),
            (##"{"$defs":{"a":{"allOf":[{"$ref":"#/$defs/a"}]}}}"##, "#/$defs/a refers to itself"),
            (##"{"not":{"$ref":"#"}}"##, "# refers to itself"),
            (#"{"type":"text"}"#, "/type"), (#"{"minLength":-1}"#, "/minLength"), (#"{"multipleOf":0}"#, "/multipleOf"),
            (#"{"pattern":"("}"#, "/pattern"), (#"{"required":["a",1]}"#, "/required"), ("5", "a schema is an object"),
            (#"{"items":[{}]}"#, "/items"), (#"{"uniqueItems":"yes"}"#, "/uniqueItems"),
        ]
    )
    func refusals(_ schema: String, _ words: String) throws {
        let text = try JSONText(validating: schema)
        let error = #expect(throws: JSONSchemaError.self) { _ = try JSONSchema(text) }
        #expect(error.map { "\($0)".contains(words) } == true, "\(String(describing: error))")
    }

    /// Definitions each of which leads to the next one.
    private func chain(_ count: Int, _ link: (String) -> String) -> String {
        let links = (0..<count).map { "\"a\($0)\":" + link("{\"$ref\":\"#/$defs/a\($0 + 1)\"}") }
        return "{\"$ref\":\"#/$defs/a0\",\"$defs\":{\(links.joined(separator: ",")),\"a\(count)\":{\"type\":\"null\"}}}"
    }

    @Test("schemas that ask one value one after the other without end are refused, however many they are")
    func longChains() throws {
        for link in [{ $0 }, { "{\"allOf\":[\($0)]}" }, { "{\"not\":\($0)}" }] as [(String) -> String] {
            let text = try JSONText(validating: chain(20_000, link))
            let error = #expect(throws: JSONSchemaError.self) { _ = try JSONSchema(text) }
            #expect(error?.message.contains("schemas about one value") == true)
        }
        let short = try JSONSchema(JSONText(validating: chain(40) { $0 }))
        #expect(short.violations(in: JSONText(trusted: "null")) == [])
        #expect(short.violations(in: JSONText(trusted: "1")).map(\.code) == ["wrong-type"])
    }

    @Test("definitions that lead into each other by their members may be as many as there are")
    func longPaths() throws {
        let schema = try JSONSchema(JSONText(validating: chain(20_000) { "{\"properties\":{\"b\":\($0)}}" }))
        #expect(schema.violations(in: JSONText(trusted: "{\"b\":{\"b\":{}}}")) == [])
    }

    @Test("a deep value of a schema that asks each part of it often is refused, and takes no more than a stack has")
    func deepQuestions() throws {
        let link = chain(20) { "{\"allOf\":[\($0)]}" }.replacing(
            "{\"type\":\"null\"}",
            with: "{\"items\":{\"$ref\":\"#\"}}"
        )
        let schema = try JSONSchema(JSONText(validating: link.replacing("\"allOf\"", with: "\"anyOf\"")))
        let deep = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
        #expect(schema.violations(in: try JSONText(validating: deep)).contains { $0.code == "too-complex" })
        let nested =
            #"{"pattern":""# + String(repeating: "(", count: 5000) + String(repeating: ")", count: 5000) + #""}"#
        let text = try JSONText(validating: nested)
        #expect(throws: JSONSchemaError.self) { _ = try JSONSchema(text) }
    }
}
