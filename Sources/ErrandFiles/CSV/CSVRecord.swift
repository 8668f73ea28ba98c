#if Files
/// One record of a CSV input, as bytes, lent to the closure given to ``CSVRecordParser``.
///
/// It points into the parser's memory and so can be neither copied nor kept; take out of it what must outlive
/// the closure.
public struct CSVRecord: ~Copyable {
    /// The most bytes of a record that error reports show: 1,024.
    public static let excerptLength = 1_024

    private let view: CSVRecordView

    init(_ view: CSVRecordView) {
        self.view = view
    }

    /// The number of fields, 1 or more; 0 in a record that is refused for its size.
    public var count: Int { view.fields.count }

    /// The physical line on which the record starts, counted from 1.
    public var line: Int { view.line }

    /// The place just past the record and its line end, from which a later run can go on.
    public var end: CSVPosition { view.end }

    /// Why the record cannot be trusted, or nil for a sound one.
    ///
    /// UTF-8 is not looked at here.
    public var damage: CSVRowError.Code? { view.damage?.code }

    /// Whether no byte of the record is above 0x7F.
    ///
    /// False may also be said of a record that has none.
    public var isASCII: Bool { view.isASCII }

    /// Lends the record as it stands in the input, quotes included and line end excluded.
    ///
    /// Of a record longer than the limit, only the first ``excerptLength`` bytes are there.
    ///
    /// - Parameter body: Gets the bytes, valid during the call.
    /// - Throws: What the closure throws.
    /// - Returns: What the closure returns.
    public func withSource<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(view.source)
    }

    /// Lends the bytes of a field, its quotes taken off and `""` made `"`.
    ///
    /// - Parameters:
    ///   - index: The field, from 0 to ``count`` - 1.
    ///   - body: Gets the bytes, valid during the call.
    /// - Throws: What the closure throws.
    /// - Returns: What the closure returns.
    public func withBytes<Result, Failure: Error>(
        ofField index: Int,
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(index >= 0 && index < count, "a record of \(count) fields has no field \(index)")
        return try view.withBytes(ofField: index, body)
    }

    /// Makes a string of a field.
    ///
    /// - Parameters:
    ///   - index: The field, from 0 to ``count`` - 1.
    ///   - encoding: What the bytes mean; invalid UTF-8 becomes U+FFFD.
    /// - Returns: The field's text.
    public func text(ofField index: Int, encoding: CSVEncoding = .utf8) -> String {
        withBytes(ofField: index) { encoding.decode($0) }
    }

    /// The copyable view, for the reader built on the parser.
    var unowned: CSVRecordView { view }
}
#endif
