#if Files
import ErrandFiles
import Testing

@Suite("CSV records", .timeLimit(.minutes(5)))
struct CSVRecordParserTests {
    @Test(
        "text is cut into fields as RFC 4180 says",
        arguments: [
            ("", []),
            ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]),
            ("a,b\nc,d", [["a", "b"], ["c", "d"]]),
            ("a,b\rc,d\r", [["a", "b"], ["c", "d"]]),
            ("a\r\nb\nc\rd", [["a"], ["b"], ["c"], ["d"]]),
            (",\n,,", [["", ""], ["", "", ""]]),
            ("\"a,b\",\"c\"\"d\",\"\"", [["a,b", "c\"d", ""]]),
            ("\"\"\"\",\"\"\"\"\"\"\n", [["\"", "\"\""]]),
            ("\"a\r\nb\n\rc\"\nd", [["a\r\nb\n\rc"], ["d"]]),
            ("5' 9\" tall,37\u{B0}\"N\"", [["5' 9\" tall", "37\u{B0}\"N\""]]),
            (" \"a\",b", [[" \"a\"", "b"]]),
            ("\"\"\n\n\"\"\n", [[""], [""]]),
        ] as [(String, [[String]])]
    )
    func fields(_ text: String, _ expected: [[String]]) {
        #expect(parseFields(text) == expected)
    }

    @Test("only truly empty lines are skipped, and they count as lines")
    func emptyLines() {
        let records = parseRecords([Array("\n\r\na\n\n \n\"\"\n\r\rb".utf8)])
        #expect(records.map(\.fields) == [["a"], [" "], [""], ["b"]])
        #expect(records.map(\.line) == [3, 5, 6, 9])
    }

    @Test("a record knows the line it starts on and the offset past its end")
    func positions() {
        let records = parseRecords([Array("a\r\n\"b\r\n\nb\rb\"\nc\r\rd".utf8)])
        #expect(records.map(\.line) == [1, 2, 6, 8])
        #expect(records.map(\.end.offset) == [3, 13, 15, 17])
        #expect(records.map(\.end.line) == [2, 6, 7, 8])
    }

    @Test("a byte order mark is skipped at the start, and nowhere else")
    func byteOrderMark() {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        #expect(parseRecords([mark + Array("\"a\",b".utf8)]).map(\.fields) == [["a", "b"]])
        #expect(parseRecords([mark + Array("a\n".utf8)]).map(\.end.offset) == [5])
        #expect(parseRecords([mark]).isEmpty)
        #expect(parseFields("a\n\u{FEFF}b") == [["a"], ["\u{FEFF}b"]])
        #expect(parseRecords([Array("\u{FEFF}b".utf8)], startingAt: CSVPosition(offset: 9, line: 2)).count == 1)
        #expect(parseRecords([[0xEF, 0xBB]]).count == 1)
    }

    @Test("text after a closing quote spoils its record only")
    func textAfterQuote() {
        let records = parseRecords([Array("\"a\" ,b\n\"a\"b\"\nc,\"d\"".utf8)])
        #expect(records.map(\.damage) == [.textAfterQuote, .textAfterQuote, nil])
        #expect(records.map(\.fields.count) == [2, 1, 2])
        #expect(parseRecords([Array("x\n\"a\"z".utf8)]).map(\.damage) == [nil, .textAfterQuote])
    }

    @Test("a quote that is never closed spoils the record that opens it")
    func unterminatedQuote() {
        let records = parseRecords([Array("a,b\nc,\"d\ne\nf".utf8)])
        #expect(records.map(\.damage) == [nil, .unterminatedQuote])
        #expect(records.map(\.line) == [1, 2])
        #expect(records.last?.end == CSVPosition(offset: 12, line: 4))
    }

    @Test("a record of the longest length is read and a longer one refused, in any chunks")
    func longRecords() {
        let text = Array("1234\n12345\n\"1\"\"\"\n\"1\n2\"\nz\n".utf8)
        let limits = CSVLimits(maxRecordBytes: 4)
        let expected: [CSVRowError.Code?] = [nil, .recordTooLong, .recordTooLong, .recordTooLong, nil]
        for chunks in [[text], text.map { [$0] }] {
            let records = parseRecords(chunks, limits: limits)
            #expect(records.map(\.damage) == expected)
            #expect(records.map(\.line) == [1, 2, 3, 4, 6])
            #expect(records.map(\.fields.count) == [1, 0, 0, 0, 1])
        }
    }

    @Test("a record far beyond the limit is not kept in memory")
    func hugeRecord() throws {
        var parser = CSVRecordParser(limits: CSVLimits(maxRecordBytes: 4_096))
        let chunk = [UInt8](repeating: 0x61, count: 1 << 16)
        parser.parse(Array("\"".utf8)) { _ in }
        for _ in 0..<100 { parser.parse(chunk) { _ in Issue.record("the record has not ended") } }
        var lengths: [Int] = []
        parser.parse(Array("\"\nb\n".utf8)) { lengths.append($0.withSource { $0.count }) }
        #expect(lengths == [CSVRecord.excerptLength, 1])
    }

    @Test("too many columns spoil their record only")
    func manyColumns() {
        let text = "a,b,c\n" + String(repeating: ",", count: 100_000) + "\nd,e,f\na,b,c,d"
        let records = parseRecords([Array(text.utf8)], limits: CSVLimits(maxColumns: 3))
        #expect(records.map(\.damage) == [nil, .tooManyColumns, nil, .tooManyColumns])
        #expect(records.map(\.fields.count) == [3, 0, 3, 0])
    }

    @Test("a parse goes on at the end of any record as if it had not stopped")
    func resuming() {
        let bytes = Array("\u{FEFF}a,b\r\n\"c\n\",d\r\n\ne,f\rg,h".utf8)
        let whole = parseRecords([bytes])
        #expect(whole.count == 4)
        for (index, record) in whole.enumerated() {
            let rest = parseRecords([Array(bytes[record.end.offset...])], startingAt: record.end)
            #expect(rest == Array(whole[(index + 1)...]))
        }
    }

    @Test("the error of a closure ends the parse and reaches the caller")
    func throwing() {
        struct Stop: Error {}
        var parser = CSVRecordParser()
        #expect(throws: Stop.self) { try parser.parse(Array("a\nb\n".utf8)) { _ in throw Stop() } }
    }
}
#endif
