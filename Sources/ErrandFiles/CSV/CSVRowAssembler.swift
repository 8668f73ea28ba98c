#if Files
/// Makes rows of records: names their columns and refuses those that are damaged or ragged.
struct CSVRowAssembler {
    private let options: CSVOptions
    /// The delimiter given or found, for the rows' checkpoints.
    var delimiter: UInt8
    /// What the rows look like, once the columns are known.
    private var format: CSVRowFormat?

    init(_ options: CSVOptions, _ checkpoint: CSVCheckpoint?) {
        self.options = options
        delimiter = checkpoint?.delimiter ?? options.delimiter ?? ASCII.comma
        if let checkpoint { _ = setColumns(checkpoint.columns) }
    }

    /// The names of the columns, once known.
    var columns: [String]? {
        if case .names(let names) = options.header, format == nil { return CSVColumnNames.unique(names) }
        return format?.columns
    }

    mutating func take(
        _ record: CSVRecordView,
        row: (borrowing CSVRow) throws -> Void,
        rowError: (CSVRowError) throws -> Void
    ) throws {
        let damage = damage(of: record)
        if format == nil && options.header == .firstRecord { return try takeHeader(record, damage) }
        if let damage { return try rowError(damage) }
        let format = format ?? setColumns(columns ?? CSVColumnNames.numbered(record.fields.count))
        guard record.fields.count == format.columns.count else {
            return try rowError(ragged(record, expected: format.columns.count))
        }
        try row(CSVRow(record, format: format))
    }

    private mutating func takeHeader(_ record: CSVRecordView, _ damage: CSVRowError?) throws {
        if let damage { throw CSVHeaderError(cause: damage) }
        let names = record.fields.indices.map { record.text(ofField: $0, in: options.encoding) }
        _ = setColumns(CSVColumnNames.unique(names))
    }

    private mutating func setColumns(_ columns: [String]) -> CSVRowFormat {
        let format = CSVRowFormat(options, delimiter: delimiter, columns: columns)
        self.format = format
        return format
    }

    private func damage(of record: CSVRecordView) -> CSVRowError? {
        if let damage = record.damage { return error(record, damage.code, field: damage.field, damage.message) }
        guard options.encoding == .utf8, !record.isASCII, !Self.isUTF8(record.source) else { return nil }
        let field = record.fields.indices.first { !Self.isUTF8(record.rawBytes(ofField: $0)) }
        return error(record, .invalidUTF8, field: field, "the cell is not valid UTF-8")
    }

    private static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // What is wrong with it does not matter, only that it is not UTF-8.
        bytes.withMemoryRebound(to: UInt8.self) { (try? UTF8Span(validating: $0.span)) != nil }
    }

    private func ragged(_ record: CSVRecordView, expected: Int) -> CSVRowError {
        let found = record.fields.count
        return error(record, .raggedRow, field: nil, "expected \(expected) cells, found \(found)")
    }

    private func error(
        _ record: CSVRecordView,
        _ code: CSVRowError.Code,
        field: Int?,
        _ message: String
    ) -> CSVRowError {
        CSVRowError(
            code: code,
            line: record.line,
            column: field.map { $0 + 1 },
            message: message,
            row: record.excerpt(in: options.encoding),
            end: record.end
        )
    }
}

extension CSVDamage {
    fileprivate var message: String {
        switch code {
        case .unterminatedQuote: "the input ends inside a quoted cell"
        case .textAfterQuote: "text follows the closing quote of a cell"
        case .recordTooLong: "the row is longer than is allowed"
        case .tooManyColumns: "the row has more cells than are allowed"
        case .raggedRow, .invalidUTF8: "the row is damaged"
        }
    }
}
#endif
