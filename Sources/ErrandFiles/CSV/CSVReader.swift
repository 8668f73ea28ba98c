#if Files
/// Reads CSV (RFC 4180) into rows with named columns: bytes in, in chunks of any size, rows and row errors out.
///
/// What is wrong with a row is told and the rows after it are read. Only a header row that cannot be read stops the
/// reader. Memory stays within ``CSVLimits`` plus 16 KiB, whatever the size of the input.
///
/// ```swift
/// var reader = CSVReader(options: CSVOptions(nullValues: [""]))
/// for try await chunk in file {
///     try reader.read(chunk) { row in rows.append(row.values()) } rowError: { errors.append($0) }
/// }
/// try reader.finish { row in rows.append(row.values()) } rowError: { errors.append($0) }
/// ```
///
/// After an error is thrown, by the reader or a closure, the reader is spent: make another at the last checkpoint.
public struct CSVReader: ~Copyable, Sendable {
    private var parser: CSVRecordParser
    private var assembler: CSVRowAssembler
    /// The first bytes, kept until the delimiter is found; nil once it is.
    private var sample: [UInt8]?

    /// Creates a reader.
    ///
    /// - Parameters:
    ///   - options: How to read the input.
    ///   - limits: What one row may cost.
    ///   - checkpoint: Where an earlier reader with the same options stopped, or nil to start at the first byte.
    public init(
        options: CSVOptions = CSVOptions(),
        limits: CSVLimits = CSVLimits(),
        resumingAt checkpoint: CSVCheckpoint? = nil
    ) {
        assembler = CSVRowAssembler(options, checkpoint)
        let position = checkpoint?.position ?? .start
        parser = CSVRecordParser(delimiter: assembler.delimiter, limits: limits, startingAt: position)
        sample = checkpoint == nil && options.delimiter == nil ? [] : nil
    }

    /// The names of the columns, unique; nil until the first record is read, unless they were given.
    public var columns: [String]? { assembler.columns }

    /// The byte between cells; nil until it is found.
    public var delimiter: UInt8? { sample == nil ? assembler.delimiter : nil }

    /// Makes what another reader needs to go on at a place, such as the end of a row or of a row error.
    ///
    /// - Parameter position: A place between two rows.
    /// - Returns: The checkpoint, or nil as long as the columns are not known.
    public func checkpoint(at position: CSVPosition) -> CSVCheckpoint? {
        columns.map { CSVCheckpoint(position: position, delimiter: assembler.delimiter, columns: $0) }
    }

    /// Takes the next bytes of the input and hands over each row that they complete, in order.
    ///
    /// - Parameters:
    ///   - bytes: The bytes, of any number, valid during the call.
    ///   - row: Gets each sound row, valid during its call.
    ///   - rowError: Gets what is wrong with each other row.
    /// - Throws: ``CSVHeaderError``, or what a closure throws.
    public mutating func read(
        _ bytes: UnsafeRawBufferPointer,
        row: (borrowing CSVRow) throws -> Void,
        rowError: (CSVRowError) throws -> Void
    ) throws {
        guard let missing = sample.map({ CSVDelimiterSniffer.sampleLength - $0.count }) else {
            return try parse(bytes, row, rowError)
        }
        sample?.append(contentsOf: bytes.prefix(missing))
        guard bytes.count >= missing else { return }
        try parseSample(isWhole: false, row, rowError)
        try parse(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(missing)), row, rowError)
    }

    /// Takes the next bytes of the input from an array; see ``read(_:row:rowError:)-(UnsafeRawBufferPointer,_,_)``.
    ///
    /// - Parameters:
    ///   - bytes: The bytes, of any number.
    ///   - row: Gets each sound row, valid during its call.
    ///   - rowError: Gets what is wrong with each other row.
    /// - Throws: ``CSVHeaderError``, or what a closure throws.
    public mutating func read(
        _ bytes: [UInt8],
        row: (borrowing CSVRow) throws -> Void,
        rowError: (CSVRowError) throws -> Void
    ) throws {
        try read(bytes.span, row: row, rowError: rowError)
    }

    /// Takes the next bytes of the input from a span; see ``read(_:row:rowError:)-(UnsafeRawBufferPointer,_,_)``.
    ///
    /// - Parameters:
    ///   - bytes: The bytes, of any number.
    ///   - row: Gets each sound row, valid during its call.
    ///   - rowError: Gets what is wrong with each other row.
    /// - Throws: ``CSVHeaderError``, or what a closure throws.
    public mutating func read(
        _ bytes: Span<UInt8>,
        row: (borrowing CSVRow) throws -> Void,
        rowError: (CSVRowError) throws -> Void
    ) throws {
        try bytes.withUnsafeBytes { try read($0, row: row, rowError: rowError) }
    }

    /// Says that there are no more bytes and hands over the rows that were held back.
    ///
    /// - Parameters:
    ///   - row: Gets each sound row, valid during its call.
    ///   - rowError: Gets what is wrong with each other row.
    /// - Throws: ``CSVHeaderError``, or what a closure throws.
    public mutating func finish(
        row: (borrowing CSVRow) throws -> Void,
        rowError: (CSVRowError) throws -> Void
    ) throws {
        if sample != nil { try parseSample(isWhole: true, row, rowError) }
        try parser.finish { try assembler.take($0.unowned, row: row, rowError: rowError) }
    }

    private mutating func parseSample(
        isWhole: Bool,
        _ row: (borrowing CSVRow) throws -> Void,
        _ rowError: (CSVRowError) throws -> Void
    ) throws {
        let bytes = sample ?? []
        sample = nil
        assembler.delimiter = CSVDelimiterSniffer.delimiter(of: bytes, isWhole: isWhole)
        parser.scanner = CSVByteScanner(delimiter: assembler.delimiter)
        try bytes.span.withUnsafeBytes { try parse($0, row, rowError) }
    }

    private mutating func parse(
        _ bytes: UnsafeRawBufferPointer,
        _ row: (borrowing CSVRow) throws -> Void,
        _ rowError: (CSVRowError) throws -> Void
    ) throws {
        try parser.parse(bytes) { try assembler.take($0.unowned, row: row, rowError: rowError) }
    }
}
#endif
