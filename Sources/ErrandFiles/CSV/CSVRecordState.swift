#if Files
/// How far the parser is in the present record.
///
/// Offsets count from the record's first byte, over all chunks.
struct CSVRecordState {
    enum Mode: UInt8 {
        /// In a field that is not quoted, or at the start of one that may be.
        case plain
        /// Between an opening quote and the quote that may close it.
        case quoted
        /// Past a quote in a quoted field: the next byte tells whether it closed the field.
        case quoteSeen
        /// Past the record's content, behind a CR at the end of a chunk: an LF may belong to it.
        case returnSeen
    }

    var mode = Mode.plain
    var isEscaped = false
    var fieldStart = 0
    /// The latest quote in a quoted field.
    var quote = 0
    /// The latest CR in a quoted field, so that a CRLF there counts as one line.
    var quotedReturn = -2
    /// Fields found so far; those beyond the limit are counted and not kept.
    var fieldCount = 0
    /// Line ends inside quotes.
    var innerLines = 0
    /// All bytes seen, or-ed: a top bit tells that the record may not be ASCII.
    var seen: UInt64 = 0
    var damage: CSVDamage?
    /// Bytes of the record in earlier chunks, whether or not they were kept.
    var carried = 0

    var isASCII: Bool { seen & 0x8080_8080_8080_8080 == 0 }

    /// Whether the input ended in quotes: what to report even of a record that grew beyond the limits through it.
    var isUnterminated: Bool { damage?.code == .unterminatedQuote }

    mutating func report(_ code: CSVRowError.Code, field: Int?) {
        if damage == nil { damage = CSVDamage(code: code, field: field) }
    }
}
#endif
