#if Files
import ErrandFiles
import Testing

/// Random inputs.
///
/// The seed is printed; set `seed` to have a failure again.
@Suite("CSV fuzzing", .timeLimit(.minutes(5)))
struct CSVFuzzTests {
    private let seed = UInt64.random(in: 0...UInt64.max)

    @Test("random bytes never crash, and read the same in any chunks")
    func randomBytes() throws {
        print("CSV fuzz seed \(seed) (random bytes)")
        var generator = SeededGenerator(seed: seed)
        let likely = Array("\",\"\r\n;a\"".utf8)
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...80, using: &generator)
            let bytes = (0..<count).map { _ in
                Bool.random(using: &generator)
                    ? likely[Int.random(in: likely.indices, using: &generator)]
                    : UInt8.random(in: 0...255, using: &generator)
            }
            let chunks = cut(bytes, &generator)
            let limits = CSVLimits(maxRecordBytes: Int.random(in: 1...60, using: &generator), maxColumns: 4)
            #expect(parseRecords(chunks, limits: limits) == parseRecords([bytes], limits: limits), "seed \(seed)")
            let options = CSVOptions(header: .numbered)
            #expect(try readRows(chunks, options) == readRows([bytes], options), "seed \(seed)")
        }
    }

    @Test("random tables come back from what the writer makes of them")
    func roundTrips() throws {
        print("CSV fuzz seed \(seed) (round trips)")
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let width = Int.random(in: 1...6, using: &generator)
            let table = (0..<Int.random(in: 1...8, using: &generator)).map { _ in
                (0..<width).map { _ in cell(&generator) }
            }
            let delimiter: UInt8 = [0x2C, 0x3B, 0x09, 0x7C].randomElement(using: &generator) ?? 0x2C
            let bytes = write(table, delimiter: delimiter, isCRLF: Bool.random(using: &generator))
            let options = CSVOptions(header: .numbered, delimiter: delimiter, nullValues: ["NULL"])
            let read = try readRows(cut(bytes, &generator), options)
            #expect(read.rows == table, "seed \(seed)")
            #expect(read.errors.isEmpty, "seed \(seed)")
        }
    }

    private func write(_ table: [[String?]], delimiter: UInt8, isCRLF: Bool) -> [UInt8] {
        var writer = CSVWriter(
            options: CSVWriterOptions(
                delimiter: delimiter,
                lineEnding: isCRLF ? .crlf : .lf,
                nullValue: "NULL",
                guardsFormulas: false
            )
        )
        for row in table { writer.write(row) }
        return writer.drain()
    }

    private func cell(_ generator: inout SeededGenerator) -> String? {
        guard Int.random(in: 0..<8, using: &generator) > 0 else { return nil }
        let pieces = [
            "\"", ",", ";", "\t", "|", "\r", "\n", "a", "bc", "\u{E9}", "\u{1F600}", "\u{FEFF}", " ", "=", "'", "",
        ]
        return (0..<Int.random(in: 0...6, using: &generator))
            .map { _ in pieces[Int.random(in: pieces.indices, using: &generator)] }.joined()
    }

    private func cut(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [[UInt8]] {
        var chunks: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let size = Int.random(in: 1...20, using: &generator)
            chunks.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        return chunks
    }
}
#endif
