#if Files
/// How ``CSVWriter`` writes.
public struct CSVWriterOptions: Sendable, Hashable {
    /// What ends a row.
    public enum LineEnding: Sendable, Hashable {
        /// CR and LF, as RFC 4180 has it.
        case crlf
        /// LF alone.
        case lf
    }

    /// The byte between cells: ASCII, and no quote, line end or NUL.
    ///
    /// A comma by default.
    public var delimiter: UInt8

    /// What ends a row; CRLF by default.
    public var lineEnding: LineEnding

    /// Whether ``CSVWriter/writeHeader(_:)`` writes anything; true by default.
    public var hasHeader: Bool

    /// What stands for "no value"; empty by default.
    public var nullValue: String

    /// Whether cells that a spreadsheet would run as a formula get a `'` in front; true by default.
    ///
    /// Those are texts that start with `=`, `+`, `-`, `@`, tab or CR and are not wholly a number.
    public var guardsFormulas: Bool

    /// Creates options.
    ///
    /// - Parameters:
    ///   - delimiter: The ASCII byte between cells.
    ///   - lineEnding: What ends a row.
    ///   - hasHeader: Whether the header is written.
    ///   - nullValue: What stands for "no value".
    ///   - guardsFormulas: Whether texts that look like formulas get a `'` in front.
    public init(
        delimiter: UInt8 = 0x2C,
        lineEnding: LineEnding = .crlf,
        hasHeader: Bool = true,
        nullValue: String = "",
        guardsFormulas: Bool = true
    ) {
        self.delimiter = delimiter
        self.lineEnding = lineEnding
        self.hasHeader = hasHeader
        self.nullValue = nullValue
        self.guardsFormulas = guardsFormulas
    }
}
#endif
