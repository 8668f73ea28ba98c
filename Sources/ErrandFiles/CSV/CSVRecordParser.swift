#if Files
/// A push parser for CSV as RFC 4180 describes it: bytes in, in chunks of any size, records out.
///
/// Beyond RFC 4180 it takes LF, CR and CRLF as line ends, mixed, skips a UTF-8 byte order mark at offset 0 and
/// lines that are truly empty, and takes a quote in an unquoted field as it stands. Damage is reported on its
/// record and parsing goes on. Records are the same however the input is cut into chunks, and nothing is allocated for
/// a record that lies in one chunk.
///
/// A closure that throws ends the parse: start another parser at the end of the last record that was dealt with.
public struct CSVRecordParser: ~Copyable {
    let limits: CSVLimits
    var scanner: CSVByteScanner
    let fields: UnsafeMutablePointer<CSVFieldBounds>

    /// The first bytes of the input, kept until it is known whether they are a byte order mark.
    private var opening: [UInt8] = []
    private var isOpen: Bool
    var state = CSVRecordState()
    /// What earlier chunks held of the present record; of an overlong one, only an excerpt.
    var carry: [UInt8] = []
    /// The place where the present record starts.
    var position: CSVPosition

    /// Creates a parser.
    ///
    /// - Parameters:
    ///   - delimiter: The byte between fields; not a quote, CR, LF or NUL.
    ///   - limits: What one record may cost.
    ///   - position: Where the first byte to be given lies in the input: its start, or the end of a record.
    public init(delimiter: UInt8 = 0x2C, limits: CSVLimits = CSVLimits(), startingAt position: CSVPosition = .start) {
        precondition(Self.canDelimit(delimiter), "byte \(delimiter) cannot be a CSV delimiter")
        self.scanner = CSVByteScanner(delimiter: delimiter)
        self.limits = limits
        self.position = position
        self.isOpen = position.offset > 0
        self.fields = .allocate(capacity: limits.maxColumns)
    }

    deinit {
        fields.deallocate()
    }

    static func canDelimit(_ byte: UInt8) -> Bool {
        ![0, ASCII.quote, ASCII.carriageReturn, ASCII.lineFeed].contains(byte) && byte < 0x80
    }

    /// Takes the next bytes of the input and hands over each record that they complete.
    ///
    /// - Parameters:
    ///   - bytes: The bytes, of any number, valid during the call.
    ///   - body: Gets each record, valid during its call.
    /// - Throws: What the closure throws.
    public mutating func parse<Failure: Error>(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (borrowing CSVRecord) throws(Failure) -> Void
    ) throws(Failure) {
        guard !isOpen else { return try scan(bytes, body) }
        let rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(takeOpening(bytes)))
        guard isOpen else { return }
        try scanOpening(body)
        try scan(rest, body)
    }

    /// Takes the next bytes of the input from an array; see ``parse(_:_:)-(UnsafeRawBufferPointer,_)``.
    ///
    /// - Parameters:
    ///   - bytes: The bytes, of any number.
    ///   - body: Gets each record, valid during its call.
    /// - Throws: What the closure throws.
    public mutating func parse<Failure: Error>(
        _ bytes: [UInt8],
        _ body: (borrowing CSVRecord) throws(Failure) -> Void
    ) throws(Failure) {
        try parse(bytes.span, body)
    }

    /// Takes the next bytes of the input from a span; see ``parse(_:_:)-(UnsafeRawBufferPointer,_)``.
    ///
    /// - Parameters:
    ///   - bytes: The bytes, of any number.
    ///   - body: Gets each record, valid during its call.
    /// - Throws: What the closure throws.
    public mutating func parse<Failure: Error>(
        _ bytes: Span<UInt8>,
        _ body: (borrowing CSVRecord) throws(Failure) -> Void
    ) throws(Failure) {
        try bytes.withUnsafeBytes { (raw) throws(Failure) in try parse(raw, body) }
    }

    /// Says that there are no more bytes and hands over the last record, where it has no line end.
    ///
    /// - Parameter body: Gets the record, valid during its call.
    /// - Throws: What the closure throws.
    public mutating func finish<Failure: Error>(
        _ body: (borrowing CSVRecord) throws(Failure) -> Void
    ) throws(Failure) {
        try scanOpening(body)
        try endInput(body)
    }

    /// Moves bytes into the opening until it is decided, and returns how many.
    private mutating func takeOpening(_ bytes: UnsafeRawBufferPointer) -> Int {
        var taken = 0
        while !isOpen && taken < bytes.count {
            opening.append(bytes[taken])
            taken += 1
            isOpen = opening.count == 3 || !Self.byteOrderMark.starts(with: opening)
        }
        return taken
    }

    private mutating func scanOpening<Failure: Error>(
        _ body: (borrowing CSVRecord) throws(Failure) -> Void
    ) throws(Failure) {
        let bytes = opening
        opening = []
        isOpen = true
        guard bytes != Self.byteOrderMark else { return position.offset += bytes.count }
        try bytes.span.withUnsafeBytes { (raw) throws(Failure) in try scan(raw, body) }
    }

    static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
}

// The memory behind the pointer has one owner, as the parser cannot be copied.
extension CSVRecordParser: @unchecked Sendable {}
#endif
