#if Server
import Errand

/// Counts by status, with their sum, in PAStools' order.
enum StatusCountsJSON {
    static let schema = members([:]).named("StatusCounts")

    /// Counts with more members before them.
    static func members(_ first: KeyValuePairs<String, Schema>) -> Schema {
        Schema.object(first).adding([
            "total": .count, "queued": .count, "running": .count, "completed": .count, "failed": .count,
            "cancelled": .count,
        ])
    }

    static func write(_ counts: StatusCounts, to writer: inout JSONWriter) {
        writer.object { writeMembers(counts, to: &$0) }
    }

    static func writeMembers(_ counts: StatusCounts, to writer: inout JSONWriter) {
        writer.member("total", counts.total)
        writer.member("queued", counts.queued)
        writer.member("running", counts.running)
        writer.member("completed", counts.completed)
        writer.member("failed", counts.failed)
        writer.member("cancelled", counts.cancelled)
    }
}
#endif
