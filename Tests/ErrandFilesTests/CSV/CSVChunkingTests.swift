#if Files
import ErrandFiles
import Testing

@Suite("CSV chunks", .timeLimit(.minutes(5)))
struct CSVChunkingTests {
    static let inputs = [
        "\u{FEFF}a,b\r\n\"c\"\"\r\n\",d\r\r\n\n\re,\"f\"x,g\r\n\"\"\n\u{E9}\u{1F600},\"\u{E9}\"\r",
        "a,b\n\"un,closed\r\n\"\"",
        "\"a\"\r\n\"b\"\r",
        "\"\r\n\r\r\n\n\",x\r\n1",
        "12345678,\"12345678\",12345678\n1234567,\"1234567\"\"1234567\"\n",
    ]

    @Test("an input cut in two anywhere gives the same records", arguments: inputs)
    func cutInTwo(_ text: String) {
        let bytes = Array(text.utf8)
        for limits in [CSVLimits(), CSVLimits(maxRecordBytes: 7, maxColumns: 2)] {
            let whole = parseRecords([bytes], limits: limits)
            for cut in 0...bytes.count {
                #expect(parseRecords([Array(bytes[..<cut]), Array(bytes[cut...])], limits: limits) == whole)
            }
        }
    }

    @Test("an input in pieces of any one size gives the same records", arguments: inputs)
    func pieces(_ text: String) {
        let bytes = Array(text.utf8)
        let whole = parseRecords([bytes])
        for size in 1...bytes.count {
            let chunks = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0...].prefix(size)) }
            #expect(parseRecords(chunks) == whole)
        }
    }

    @Test("rows and row errors are the same for every cut, the delimiter being looked for")
    func readerCutInTwo() throws {
        let bytes = Array("n;m\r\n1,5;\"a\nb\"\n2\n\u{E9};".utf8) + [0xFF] + Array("\n3;\"x\"y\n4;\"".utf8)
        let whole = try readRows([bytes])
        #expect(whole.rows == [["1,5", "a\nb"]])
        #expect(whole.errors.map(\.code) == [.raggedRow, .invalidUTF8, .textAfterQuote, .unterminatedQuote])
        for cut in 0...bytes.count {
            #expect(try readRows([Array(bytes[..<cut]), Array(bytes[cut...])]) == whole)
        }
    }

    @Test("the delimiter is found in the same bytes however a long input is cut")
    func longSample() throws {
        let text = "a|b\n" + String(repeating: "1|2\n", count: 10_000) + String(repeating: "1,2|3,4\n", count: 100)
        let bytes = Array(text.utf8)
        let whole = try readRows([bytes])
        #expect(whole.rows.count == 10_100)
        for size in [1, 7, 4_096, 16_383, 16_384, 16_385] {
            let chunks = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0...].prefix(size)) }
            #expect(try readRows(chunks) == whole)
        }
    }
}
#endif
