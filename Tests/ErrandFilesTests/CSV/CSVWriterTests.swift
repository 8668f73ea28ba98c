#if Files
import ErrandFiles
import Testing

@Suite("CSV writing", .timeLimit(.minutes(5)))
struct CSVWriterTests {
    private func written(_ rows: [[String?]], _ options: CSVWriterOptions = CSVWriterOptions()) -> String {
        var writer = CSVWriter(options: options)
        for row in rows { writer.write(row) }
        return String(decoding: writer.drain(), as: UTF8.self)
    }

    @Test("cells are quoted where RFC 4180 needs it, and lines end in CRLF")
    func quoting() {
        #expect(
            written([["a", "b,c", "d\"e", "f\ng", "h\ri", " j "]]) == "a,\"b,c\",\"d\"\"e\",\"f\ng\",\"h\ri\", j \r\n"
        )
        #expect(written([["a", "b"]], CSVWriterOptions(lineEnding: .lf)) == "a,b\n")
        #expect(written([["a,b", "c;d"]], CSVWriterOptions(delimiter: 0x3B)) == "a,b;\"c;d\"\r\n")
    }

    @Test("texts that a spreadsheet would run are prefixed, unless switched off")
    func formulas() {
        for text in ["=1+1", "+a", "-a", "@x", "-", "+", "-1-1", "+.", "-1e", "--1", "-1.2.3", "-0x1"] {
            #expect(written([[text]]) == "'\(text)\r\n")
            #expect(written([[text]], CSVWriterOptions(guardsFormulas: false)) == "\(text)\r\n")
        }
        #expect(written([["\tx"]]) == "'\tx\r\n")
        #expect(written([["\rx", "=\"a\""]]) == "\"'\rx\",\"'=\"\"a\"\"\"\r\n")
        #expect(written([["a=1", "x-y", " =1"]]) == "a=1,x-y, =1\r\n")
    }

    @Test("a cell that is wholly a number is never prefixed")
    func numbers() {
        for text in ["-12.5", "+3", "1e9", "-1E+9", "-.5", "+5.", "-0", "-1e-9"] {
            #expect(written([[text]]) == "\(text)\r\n")
        }
    }

    @Test("null is written as told, never prefixed, and empty by default")
    func nulls() {
        #expect(written([["a", nil, ""]]) == "a,,\r\n")
        #expect(written([["a", nil]], CSVWriterOptions(nullValue: "-NULL-")) == "a,-NULL-\r\n")
    }

    @Test("a row of one empty cell does not vanish")
    func singleEmptyCell() {
        #expect(written([[""], [nil], ["a"]]) == "\"\"\r\n\"\"\r\na\r\n")
        #expect(parseFields(written([[""], [nil], ["a"]])) == [[""], [""], ["a"]])
        #expect(written([[]]) == "")
    }

    @Test("text that looks like a byte order mark is not lost at the start of a file")
    func byteOrderMark() {
        #expect(parseFields(written([["\u{FEFF}a", "b"]])) == [["\u{FEFF}a", "b"]])
    }

    @Test("the header is written by option")
    func header() {
        var with = CSVWriter()
        with.writeHeader(["a", "b"])
        #expect(with.drain() == Array("a,b\r\n".utf8))
        var without = CSVWriter(options: CSVWriterOptions(hasHeader: false))
        without.writeHeader(["a", "b"])
        #expect(without.byteCount == 0)
    }

    @Test("draining gives each byte once")
    func draining() {
        var writer = CSVWriter()
        writer.write(["a"])
        #expect(writer.byteCount == 3)
        #expect(writer.drain { Array($0) } == Array("a\r\n".utf8))
        writer.write(["b"])
        #expect(writer.drain() == Array("b\r\n".utf8))
        #expect(writer.drain().isEmpty)
    }
}
#endif
