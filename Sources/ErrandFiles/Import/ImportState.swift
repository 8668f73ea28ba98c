#if Files
import Errand

/// How far an import came; the job's checkpoint, committed with the rows it counts.
///
/// The columns and the delimiter are not in it: they follow from the file's start, are found there again, and would
/// make every checkpoint of a wide table large.
struct ImportState: Sendable, Hashable, Codable {
    /// The generation the rows went to; nil before the first.
    var generation: Int64?
    /// The first byte that is not dealt with yet.
    var position = CSVPosition.start
    /// How many rows were added.
    var created: Int64 = 0
    /// Where the bad rows are.
    var faults = FaultSpans()
    /// The key of the error report, written down before the report is stored, so that a later run can delete it.
    var report: String?
}

/// Where the bad rows of an import are, as a few stretches of the file.
///
/// The error report is made at the end by reading these stretches again. So it is neither lost nor doubled when a run
/// is lost, needs no memory however many rows are bad, and leaves nothing behind when the job fails. Reading again
/// costs next to nothing against the inserts, and nothing at all where rows are good.
struct FaultSpans: Sendable, Hashable {
    /// One stretch, from the end of the row before its first bad row to the end of its last.
    struct Span: Sendable, Hashable {
        var start: CSVPosition
        var end: Int

        /// Whether a file can have it.
        var isStretch: Bool {
            CSVPosition.offsets.contains(start.offset) && CSVPosition.offsets.contains(end) && start.offset <= end
        }
    }

    /// More stretches than these, or closer ones, are joined; it keeps the checkpoint small.
    static let most = 200
    static let nearest = 64 * 1024

    private(set) var spans: [Span] = []
    /// How many rows are bad.
    private(set) var count: Int64 = 0

    mutating func add(from start: CSVPosition, to end: CSVPosition) {
        count += 1
        if let last = spans.indices.last, spans.count >= Self.most || start.offset - spans[last].end < Self.nearest {
            spans[last].end = end.offset
        } else {
            spans.append(Span(start: start, end: end.offset))
        }
    }
}

extension FaultSpans: Codable {
    init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        count = try container.decode(Int64.self)
        while !container.isAtEnd {
            let start = CSVPosition(offset: try container.decode(Int.self), line: try container.decode(Int.self))
            spans.append(Span(start: start, end: try container.decode(Int.self)))
        }
        guard count >= 0, count <= CSVPosition.offsets.upperBound, spans.allSatisfy(\.isStretch) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "No file has these faults.")
        }
    }

    /// One flat array: the count, then offset, line and end of each stretch.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(count)
        for span in spans { try container.encode(contentsOf: [span.start.offset, span.start.line, span.end]) }
    }
}

extension UnkeyedEncodingContainer {
    fileprivate mutating func encode(contentsOf values: [Int]) throws {
        for value in values { try encode(value) }
    }
}
#endif
