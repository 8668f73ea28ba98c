#if Files
/// Why one row of a CSV input could not be read; the rows after it still can.
public struct CSVRowError: Error, Sendable, Hashable {
    /// The kinds of damage a row can have; the raw value is what error reports show.
    @nonexhaustive public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The row has more or fewer cells than there are columns.
        case raggedRow = "ragged_row"
        /// The input ended inside a quoted cell.
        case unterminatedQuote = "unterminated_quote"
        /// Something other than a delimiter or a line end follows a closing quote.
        case textAfterQuote = "text_after_quote"
        /// The row is not valid UTF-8.
        case invalidUTF8 = "invalid_utf8"
        /// The row is longer than ``CSVLimits/maxRecordBytes``.
        case recordTooLong = "record_too_long"
        /// The row has more cells than ``CSVLimits/maxColumns``.
        case tooManyColumns = "too_many_columns"
    }

    /// What is wrong.
    public let code: Code

    /// The physical line on which the row starts, counted from 1.
    public let line: Int

    /// The cell at fault, counted from 1, or nil where the row as a whole is.
    public let column: Int?

    /// What is wrong, in a sentence for people.
    ///
    /// It quotes nothing from the input.
    public let message: String

    /// The start of the row as it stands in the input, at most ``CSVRecord/excerptLength`` bytes; bytes that
    /// are no text are shown as U+FFFD.
    public let row: String

    /// The place just past the row.
    public let end: CSVPosition
}

extension CSVRowError: CustomStringConvertible {
    /// The line, the column where known, the code and the message.
    public var description: String {
        let place = column.map { "line \(line), column \($0)" } ?? "line \(line)"
        return "\(place): \(code.rawValue): \(message)"
    }
}
#endif
