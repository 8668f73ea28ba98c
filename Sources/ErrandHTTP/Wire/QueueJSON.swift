#if Server
import Errand

/// A queue on the wire.
enum QueueJSON {
    static let schema = Schema.object([
        "name": .text,
        "depth": StatusCountsJSON.schema,
        "paused": Schema.object(["by": .text.optional, "reason": .text.optional, "since": .time]).optional,
        "concurrency": Schema.count.about("How many of its jobs may run at a time.").optional,
        "rateLimit": Schema.object(["count": .count, "perSeconds": .number]).about("How many may begin.").optional,
        "oldestAgeSeconds": Schema.number.about("For how long its oldest job waits that could run.").optional,
    ]).named("Queue")

    static func write(_ queue: QueueState, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("name", queue.name)
            writer.member("depth") { StatusCountsJSON.write(queue.counts, to: &$0) }
            if let pause = queue.pause {
                writer.member("paused") { writer in
                    writer.object { writer in
                        writer.memberIfPresent("by", pause.by)
                        writer.memberIfPresent("reason", pause.reason)
                        writer.member("since", pause.since)
                    }
                }
            }
            writer.memberIfPresent("concurrency", queue.concurrency)
            if let limit = queue.rateLimit {
                writer.member("rateLimit") { writer in
                    writer.object { writer in
                        writer.member("count", limit.count)
                        writer.member("perSeconds", limit.per.seconds)
                    }
                }
            }
            writer.memberIfPresent("oldestAgeSeconds", queue.oldestReady.map { Double($0.wholeMilliseconds) / 1000 })
        }
    }
}
#endif
