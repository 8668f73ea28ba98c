#if Files
/// One row of a CSV input: a cell for each column, lent to the closure given to ``CSVReader``.
///
/// It points into the reader's memory and so can be neither copied nor kept; strings are made when asked for.
public struct CSVRow: ~Copyable {
    private let record: CSVRecordView
    private let format: CSVRowFormat

    /// The names of the columns, unique, in the order of the input.
    public var columns: [String] { format.columns }

    init(_ record: CSVRecordView, format: CSVRowFormat) {
        self.record = record
        self.format = format
    }

    /// The number of cells, the same as of columns.
    public var count: Int { record.fields.count }

    /// The physical line on which the row starts, counted from 1.
    public var line: Int { record.line }

    /// The place just past the row.
    public var end: CSVPosition { record.end }

    /// What another reader needs to go on behind this row.
    public var checkpoint: CSVCheckpoint {
        CSVCheckpoint(position: end, delimiter: format.delimiter, columns: format.columns)
    }

    /// The text of a cell, or nil where it is one of the null values.
    ///
    /// - Parameter index: The column, from 0 to ``count`` - 1.
    public subscript(index: Int) -> String? {
        precondition(index >= 0 && index < count, "a row of \(count) cells has no cell \(index)")
        return format.value(of: record, at: index)
    }

    /// Makes strings of all cells.
    ///
    /// - Returns: The cells in the order of ``columns``, nil for null values.
    public func values() -> [String?] {
        (0..<count).map { format.value(of: record, at: $0) }
    }

    /// Makes strings of all cells, each beside its column.
    ///
    /// - Returns: The columns and cells in the order of the input, nil for null values.
    public func pairs() -> [(column: String, value: String?)] {
        (0..<count).map { (format.columns[$0], format.value(of: record, at: $0)) }
    }

    /// Lends a cell as the input's bytes, in the input's encoding, for callers that make no strings.
    ///
    /// - Parameters:
    ///   - index: The column, from 0 to ``count`` - 1.
    ///   - body: Gets the bytes without quotes, valid during the call, or nil for a null value.
    /// - Throws: What the closure throws.
    /// - Returns: What the closure returns.
    public func withBytes<Result, Failure: Error>(
        at index: Int,
        _ body: (UnsafeRawBufferPointer?) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(index >= 0 && index < count, "a row of \(count) cells has no cell \(index)")
        if format.isNull(record, at: index) { return try body(nil) }
        return try record.withBytes(ofField: index) { (bytes) throws(Failure) in try body(bytes) }
    }
}
#endif
