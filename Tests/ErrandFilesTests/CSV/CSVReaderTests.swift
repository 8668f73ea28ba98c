#if Files
import ErrandFiles
import Testing

@Suite("CSV rows", .timeLimit(.minutes(5)))
struct CSVReaderTests {
    @Test("the first record names the columns unless told otherwise")
    func header() throws {
        #expect(try readRows("a,b\n1,2\n").columns == ["a", "b"])
        #expect(try readRows("a,b\n1,2\n").rows == [["1", "2"]])
        let numbered = try readRows("a,b\n1,2\n", CSVOptions(header: .numbered))
        #expect(numbered.columns == ["column1", "column2"])
        #expect(numbered.rows == [["a", "b"], ["1", "2"]])
        let named = try readRows("a,b\n1,2\n", CSVOptions(header: .names(["x", "y"])))
        #expect(named.columns == ["x", "y"])
        #expect(named.rows.count == 2)
    }

    @Test(
        "every column gets a name of its own",
        arguments: [
            ("a,a,a", ["a", "a_2", "a_3"]),
            ("a,a,a_2", ["a", "a_3", "a_2"]),
            (",b,", ["column1", "b", "column3"]),
            (",column1", ["column1_2", "column1"]),
            ("\"\",\"\"", ["column1", "column2"]),
        ]
    )
    func uniqueNames(_ header: String, _ expected: [String]) throws {
        #expect(try readRows(header + "\n").columns == expected)
    }

    @Test("a ragged row is an error with its line, and what was expected and found")
    func ragged() throws {
        let read = try readRows("a,b\n1,2\n3\n\n4,5,6\n7,8\n")
        #expect(read.rows == [["1", "2"], ["7", "8"]])
        #expect(read.errors.map(\.code.rawValue) == ["ragged_row", "ragged_row"])
        #expect(read.errors.map(\.line) == [3, 5])
        #expect(read.errors.map(\.message) == ["expected 2 cells, found 1", "expected 2 cells, found 3"])
        #expect(read.errors.map(\.row) == ["3", "4,5,6"])
    }

    @Test("without a header, the first sound row tells the width")
    func widthWithoutHeader() throws {
        let read = try readRows("\"a\"b\n1,2\n3\n", CSVOptions(header: .numbered))
        #expect(read.columns.count == 2)
        #expect(read.errors.map(\.code) == [.textAfterQuote, .raggedRow])
    }

    @Test("bytes that are no UTF-8 spoil their row and tell its line and column")
    func invalidUTF8() throws {
        let read = try readRows([Array("a,b\n1,2\n3,".utf8) + [0xC3, 0x28] + Array("\n5,\u{E9}\n".utf8)])
        #expect(read.rows == [["1", "2"], ["5", "\u{E9}"]])
        let error = try #require(read.errors.first)
        #expect(error.code.rawValue == "invalid_utf8")
        #expect(error.line == 3)
        #expect(error.column == 2)
        #expect(error.row == "3,\u{FFFD}(")
        #expect(error.description == "line 3, column 2: invalid_utf8: the cell is not valid UTF-8")
    }

    @Test("Latin-1 and Windows-1252 are read by option, null values included")
    func otherEncodings() throws {
        let bytes = Array("a,b\n".utf8) + [0x80, 0x2C, 0xE9, 0x0A, 0xE9, 0x2C, 0x9D]
        let latin = try readRows([bytes], CSVOptions(encoding: .latin1, nullValues: ["\u{E9}"]))
        #expect(latin.rows == [["\u{80}", nil], [nil, "\u{9D}"]])
        let windows = try readRows([bytes], CSVOptions(encoding: .windows1252))
        #expect(windows.rows == [["\u{20AC}", "\u{E9}"], ["\u{E9}", "\u{9D}"]])
    }

    @Test("null values are compared whole, quoted or not; by default there are none")
    func nullValues() throws {
        let text = "a,b,c\n\\N,\"\\N\",\\NN\n\"\"\"\",,NULL\n"
        let options = CSVOptions(nullValues: ["\\N", "", "\"", "NULL"])
        #expect(try readRows(text, options).rows == [[nil, nil, "\\NN"], [nil, nil, nil]])
        #expect(try readRows(text).rows == [["\\N", "\\N", "\\NN"], ["\"", "", "NULL"]])
    }

    @Test(
        "the delimiter is found in the first bytes",
        arguments: [
            ("a,b\n1,2\n", ","), ("a;b\n1,5;2,5\n", ";"), ("a\tb\n\"1,2\"\t3\n", "\t"), ("a|b\n1|2\n", "|"),
            ("a\n1\n", ","), ("", ","), ("a;b", ";"), ("1,5;2,25\n3,5;4,25\n", ";"),
            ("\"x;y;z\",b\n\"x;y\",d\n", ","), ("a,b;c,d\n1,2;3,4", ","), ("\u{FEFF}a;b\n1;2\n", ";"),
        ]
    )
    func sniffing(_ text: String, _ delimiter: Character) throws {
        var reader = CSVReader()
        try reader.read(Array(text.utf8)) { _ in
        } rowError: { _ in
        }
        try reader.finish { _ in
        } rowError: { _ in
        }
        #expect(reader.delimiter == delimiter.asciiValue)
    }

    @Test("a header row that cannot be read stops the reader")
    func badHeader() throws {
        let error = #expect(throws: CSVHeaderError.self) { try readRows("a,\"b\"c\n1,2\n") }
        #expect(error?.cause.code == .textAfterQuote)
        #expect(error?.cause.line == 1)
    }

    @Test("sizes beyond the limits are row errors")
    func limits() throws {
        let limits = CSVLimits(maxRecordBytes: 8, maxColumns: 2)
        let read = try readRows([Array("a,b\n1,23456789\n1,2,3\n4,5\n".utf8)], limits: limits)
        #expect(read.rows == [["4", "5"]])
        #expect(read.errors.map(\.code.rawValue) == ["record_too_long", "too_many_columns"])
    }

    @Test("a reader goes on behind any row of another, columns and delimiter known")
    func resuming() throws {
        let bytes = Array("a;b\r\n1,1;\"2\n\"\r\n3;4;5\n6;7".utf8)
        let whole = try readRows([bytes])
        #expect(whole.rows.count == 2)
        var checkpoints: [CSVCheckpoint] = []
        var reader = CSVReader()
        #expect(reader.checkpoint(at: .start) == nil)
        try reader.read(bytes) {
            checkpoints.append($0.checkpoint)
        } rowError: { _ in
        }
        try reader.finish {
            checkpoints.append($0.checkpoint)
        } rowError: { _ in
        }
        let first = try #require(checkpoints.first)
        #expect(reader.checkpoint(at: first.position) == first)
        let rest = try readRows([Array(bytes[first.position.offset...])], resumingAt: first)
        #expect(rest.columns == ["a", "b"])
        #expect(rest.rows == [["6", "7"]])
        #expect(rest.lines == [5])
        #expect(rest.errors == whole.errors)
    }

    @Test("a row gives its cells by index, beside their columns, and as bytes")
    func cells() throws {
        var reader = CSVReader(options: CSVOptions(nullValues: ["-"]))
        var taken = 0
        func take(_ row: borrowing CSVRow) {
            taken += 1
            #expect(row[0] == "x\"y")
            #expect(row[1] == nil)
            #expect(row.pairs().map(\.column) == ["a", "b"])
            #expect(row.withBytes(at: 0) { $0.map { Array($0) } } == Array("x\"y".utf8))
            #expect(row.withBytes(at: 1) { $0 == nil })
        }
        try reader.read(Array("a,b\n\"x\"\"y\",-\n".utf8), row: take) { _ in }
        try reader.finish(row: take) { _ in }
        #expect(taken == 1)
    }
}
#endif
