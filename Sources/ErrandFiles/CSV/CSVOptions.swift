#if Files
/// How to read a CSV input: the `csv` object of an import's payload.
///
/// ```json
/// {"header": true, "delimiter": ";", "encoding": "utf-8", "nullValues": ["", "NULL"]}
/// ```
/// Every key may be left out, or be null, for its default.
public struct CSVOptions: Sendable, Hashable {
    /// Where the names of the columns come from.
    public enum Header: Sendable, Hashable {
        /// From the first record: `true`.
        case firstRecord
        /// From nowhere; columns are `column1`, `column2`, ...: `false`.
        case numbered
        /// From here, for an input without a header row: a list of names.
        case names([String])
    }

    /// Where the names of the columns come from; ``Header-swift.enum/firstRecord`` by default.
    public var header: Header

    /// The byte between cells: ASCII, and no quote, line end or NUL.
    ///
    /// Nil, the default, has it found among `, ; tab |` from the first bytes.
    public var delimiter: UInt8?

    /// What the bytes mean; UTF-8 by default.
    public var encoding: CSVEncoding

    /// Cells that mean "no value", compared whole, quoted or not.
    ///
    /// None by default.
    public var nullValues: [String]

    /// Creates options.
    ///
    /// - Parameters:
    ///   - header: Where the names of the columns come from.
    ///   - delimiter: The ASCII byte between cells, or nil to have it found.
    ///   - encoding: What the bytes mean.
    ///   - nullValues: Cells that mean "no value".
    public init(
        header: Header = .firstRecord,
        delimiter: UInt8? = nil,
        encoding: CSVEncoding = .utf8,
        nullValues: [String] = []
    ) {
        self.header = header
        self.delimiter = delimiter
        self.encoding = encoding
        self.nullValues = nullValues
    }
}
#endif
