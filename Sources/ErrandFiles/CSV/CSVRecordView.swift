#if Files
/// Where a field lies in its record, quotes excluded, and whether `""` stands for `"` in it.
struct CSVFieldBounds {
    private let startAndFlag: UInt32
    private let endOffset: UInt32

    /// Offsets beyond a record's limit are cut: such a record is refused and its fields never looked at.
    @inline(__always)
    init(start: Int, end: Int, isEscaped: Bool) {
        startAndFlag = UInt32(truncatingIfNeeded: start) << 1 | (isEscaped ? 1 : 0)
        endOffset = UInt32(truncatingIfNeeded: end)
    }

    var start: Int { Int(startAndFlag >> 1) }
    var end: Int { Int(endOffset) }
    var isEscaped: Bool { startAndFlag & 1 == 1 }
}

/// A record as the parser found it: pointers that hold only while the parser waits for its caller.
///
/// It is copyable, so it stays inside the module; callers get ``CSVRecord`` and ``CSVRow``, which cannot be kept.
struct CSVRecordView {
    let source: UnsafeRawBufferPointer
    let fields: UnsafeBufferPointer<CSVFieldBounds>
    let line: Int
    let end: CSVPosition
    let isASCII: Bool
    let damage: CSVDamage?

    func rawBytes(ofField index: Int) -> UnsafeRawBufferPointer {
        let bounds = fields[index]
        return UnsafeRawBufferPointer(rebasing: source[bounds.start..<bounds.end])
    }

    func withBytes<Result, Failure: Error>(
        ofField index: Int,
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let raw = rawBytes(ofField: index)
        guard fields[index].isEscaped else { return try body(raw) }
        let bytes = Self.unescaped(raw)
        return try bytes.span.withUnsafeBytes(body)
    }

    func text(ofField index: Int, in encoding: CSVEncoding) -> String {
        withBytes(ofField: index) { encoding.decode($0) }
    }

    /// The start of the record as text, for error reports.
    func excerpt(in encoding: CSVEncoding) -> String {
        encoding.decode(UnsafeRawBufferPointer(rebasing: source.prefix(CSVRecord.excerptLength)))
    }

    private static func unescaped(_ raw: UnsafeRawBufferPointer) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(raw.count)
        var index = 0
        while index < raw.count {
            bytes.append(raw[index])
            // Inside a quoted field a quote is always the first of two.
            index += raw[index] == ASCII.quote ? 2 : 1
        }
        return bytes
    }
}

/// What is wrong with a record as bytes, and in which field (from 0).
struct CSVDamage {
    let code: CSVRowError.Code
    let field: Int?
}
#endif
