#if Files
import ErrandFiles

/// A record as a test compares it.
struct ReadRecord: Equatable {
    var line: Int
    var fields: [String]
    var end: CSVPosition
    var damage: CSVRowError.Code?
}

/// Everything a reader handed over.
struct ReadRows: Equatable {
    var columns: [String] = []
    var rows: [[String?]] = []
    var lines: [Int] = []
    var ends: [CSVPosition] = []
    var errors: [CSVRowError] = []
}

/// Parses chunks and collects the records.
func parseRecords(
    _ chunks: [[UInt8]],
    delimiter: Character = ",",
    limits: CSVLimits = CSVLimits(),
    startingAt position: CSVPosition = .start
) -> [ReadRecord] {
    var parser = CSVRecordParser(delimiter: delimiter.asciiValue ?? 0, limits: limits, startingAt: position)
    var records: [ReadRecord] = []
    func take(_ record: borrowing CSVRecord) {
        var fields: [String] = []
        for index in 0..<record.count { fields.append(record.text(ofField: index)) }
        records.append(ReadRecord(line: record.line, fields: fields, end: record.end, damage: record.damage))
    }
    for chunk in chunks { parser.parse(chunk, take) }
    parser.finish(take)
    return records
}

/// Parses text in one chunk and collects the fields.
func parseFields(_ text: String, delimiter: Character = ",") -> [[String]] {
    parseRecords([Array(text.utf8)], delimiter: delimiter).map(\.fields)
}

/// Reads chunks and collects the rows and errors.
func readRows(
    _ chunks: [[UInt8]],
    _ options: CSVOptions = CSVOptions(),
    limits: CSVLimits = CSVLimits(),
    resumingAt checkpoint: CSVCheckpoint? = nil
) throws -> ReadRows {
    var reader = CSVReader(options: options, limits: limits, resumingAt: checkpoint)
    var read = ReadRows()
    func take(_ row: borrowing CSVRow) {
        read.rows.append(row.values())
        read.lines.append(row.line)
        read.ends.append(row.end)
    }
    func takeError(_ error: CSVRowError) { read.errors.append(error) }
    for chunk in chunks { try reader.read(chunk, row: take, rowError: takeError) }
    try reader.finish(row: take, rowError: takeError)
    read.columns = reader.columns ?? []
    return read
}

/// Reads text in one chunk.
func readRows(_ text: String, _ options: CSVOptions = CSVOptions()) throws -> ReadRows {
    try readRows([Array(text.utf8)], options)
}

/// A small generator with a seed, so that a failure can be had again (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
#endif
