#if Server
import Errand

/// A queue on the wire.
enum QueueJSON {
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
