#if Files
import ErrandFiles
import FoundationEssentials
import Testing

@Suite("CSV options", .timeLimit(.minutes(5)))
struct CSVOptionsTests {
    private func decode(_ json: String) throws -> CSVOptions {
        try JSONDecoder().decode(CSVOptions.self, from: Data(json.utf8))
    }

    @Test("what is left out or null has its default")
    func defaults() throws {
        let options = CSVOptions(header: .firstRecord, delimiter: nil, encoding: .utf8, nullValues: [])
        #expect(try decode("{}") == options)
        #expect(try decode(#"{"header":null,"delimiter":null,"encoding":null,"nullValues":null}"#) == options)
    }

    @Test("every option is read")
    func values() throws {
        let json = #"{"header":["a","b"],"delimiter":"\t","encoding":"Latin1","nullValues":["","\\N"]}"#
        let expected = CSVOptions(
            header: .names(["a", "b"]),
            delimiter: 0x09,
            encoding: .latin1,
            nullValues: ["", "\\N"]
        )
        #expect(try decode(json) == expected)
        #expect(try decode(#"{"header":false,"encoding":"windows-1252"}"#).header == .numbered)
    }

    @Test("options come back from their encoding")
    func roundTrip() throws {
        for header in [CSVOptions.Header.firstRecord, .numbered, .names(["x"])] {
            let options = CSVOptions(header: header, delimiter: 0x7C, encoding: .windows1252, nullValues: ["NULL"])
            #expect(try JSONDecoder().decode(CSVOptions.self, from: JSONEncoder().encode(options)) == options)
        }
    }

    @Test(
        "an unknown key or a wrong value is refused by name",
        arguments: [
            (#"{"headers":true}"#, "headers", "true"),
            (#"{"header":3}"#, "header", "3"),
            (#"{"header":"yes"}"#, "header", "\"yes\""),
            (#"{"header":[]}"#, "header", "a list of 0"),
            (#"{"delimiter":",,"}"#, "delimiter", "\",,\""),
            (#"{"delimiter":"\""}"#, "delimiter", "\"\\\"\""),
            (#"{"delimiter":""}"#, "delimiter", "\"\""),
            (#"{"delimiter":1.5}"#, "delimiter", "1.5"),
            (#"{"encoding":"utf-16"}"#, "encoding", "\"utf-16\""),
            (#"{"nullValues":"NULL"}"#, "nullValues", "\"NULL\""),
            (#"{"nullValues":[1]}"#, "nullValues", "a list of 1"),
            (#"{"nullValues":{}}"#, "nullValues", "an object"),
        ]
    )
    func refusals(_ json: String, _ key: String, _ value: String) throws {
        let error = #expect(throws: DecodingError.self) { try decode(json) }
        guard case .dataCorrupted(let context) = error else {
            Issue.record("expected dataCorrupted, found \(String(describing: error))")
            return
        }
        #expect(context.codingPath.last?.stringValue == key)
        #expect(context.debugDescription.contains("\"\(key)\""))
        #expect(context.debugDescription.contains(value))
        #expect(context.debugDescription.contains("expected"))
    }
}
#endif
