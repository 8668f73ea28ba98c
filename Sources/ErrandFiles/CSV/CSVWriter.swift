#if Files
/// Writes rows as CSV (RFC 4180, UTF-8, no byte order mark) into a buffer that the caller drains.
///
/// Cells are quoted where they hold a delimiter, a quote, CR or LF. Drain the buffer whenever
/// ``byteCount`` is past what the caller wants in memory; nothing else grows.
public struct CSVWriter: Sendable {
    private let options: CSVWriterOptions
    private var buffer: [UInt8] = []

    /// Creates a writer.
    ///
    /// - Parameter options: How to write.
    public init(options: CSVWriterOptions = CSVWriterOptions()) {
        precondition(
            CSVRecordParser.canDelimit(options.delimiter),
            "byte \(options.delimiter) cannot be a CSV delimiter"
        )
        self.options = options
    }

    /// The bytes written and not yet drained.
    public var byteCount: Int { buffer.count }

    /// Takes the bytes written since the last call.
    ///
    /// - Returns: The bytes, in order.
    public mutating func drain() -> [UInt8] {
        defer { buffer = [] }
        return buffer
    }

    /// Lends the bytes written since the buffer was last emptied and empties it, keeping its memory for the next.
    ///
    /// - Parameter body: Gets the bytes, valid during the call. Where it throws, the bytes stay.
    /// - Throws: What the closure throws.
    /// - Returns: What the closure returns.
    public mutating func drain<Result, Failure: Error>(
        into body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let result = try buffer.span.withUnsafeBytes(body)
        buffer.removeAll(keepingCapacity: true)
        return result
    }

    /// Writes the names of the columns as a row, unless the options say that there is no header.
    ///
    /// - Parameter names: The names, in order.
    public mutating func writeHeader(_ names: [String]) {
        guard options.hasHeader else { return }
        write(names)
    }

    /// Writes a row.
    ///
    /// - Parameter cells: The texts, nil for "no value", one or more, and as many in each row (RFC 4180, 2.4). An
    ///   empty list writes nothing, as CSV has no row without cells.
    public mutating func write(_ cells: [String?]) {
        guard !cells.isEmpty else { return }
        let start = buffer.count
        for (index, cell) in cells.enumerated() {
            if index > 0 { buffer.append(options.delimiter) }
            append(cell)
        }
        // A row of one empty cell would be an empty line, which readers skip.
        if buffer.count == start { buffer += [ASCII.quote, ASCII.quote] }
        if options.lineEnding == .crlf { buffer.append(ASCII.carriageReturn) }
        buffer.append(ASCII.lineFeed)
    }

    private mutating func append(_ cell: String?) {
        guard var text = cell else { return append(bytesOf: options.nullValue, isGuarded: false) }
        text.makeContiguousUTF8()
        let isGuarded = options.guardsFormulas && text.utf8.span.withUnsafeBufferPointer(CSVFormulaGuard.isNeeded)
        append(bytesOf: text, isGuarded: isGuarded)
    }

    private mutating func append(bytesOf text: String, isGuarded: Bool) {
        let bytes = text.utf8.span
        bytes.withUnsafeBufferPointer { bytes in
            guard needsQuotes(bytes) else {
                if isGuarded { buffer.append(ASCII.apostrophe) }
                return buffer.append(contentsOf: bytes)
            }
            buffer.append(ASCII.quote)
            if isGuarded { buffer.append(ASCII.apostrophe) }
            appendEscaped(bytes)
            buffer.append(ASCII.quote)
        }
    }

    private func needsQuotes(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        for byte in bytes {
            if byte == options.delimiter || byte == ASCII.quote { return true }
            if byte == ASCII.lineFeed || byte == ASCII.carriageReturn { return true }
        }
        // At the start of a file it would be taken for a byte order mark and lost.
        return bytes.starts(with: CSVRecordParser.byteOrderMark)
    }

    private mutating func appendEscaped(_ bytes: UnsafeBufferPointer<UInt8>) {
        for byte in bytes {
            if byte == ASCII.quote { buffer.append(ASCII.quote) }
            buffer.append(byte)
        }
    }
}
#endif
