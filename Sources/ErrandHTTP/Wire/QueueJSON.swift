#if Server
import Errand
import HTTPTypes
import Hummingbird

/// A queue on the wire.
enum QueueJSON {
    static let schema = Schema.object([
        "name": .text,
        "depth": StatusCountsJSON.schema,
        "paused": Schema.object(["by": .text.optional, "reason": .text.optional, "since": .time]).optional,
        "concurrency": Schema.count.about("How many of its jobs may run at a time.").optional,
        "rateLimit": Schema.object(["count": .count, "perSeconds": .number]).about("How many may begin.").optional,
        "overrides": Schema.array(.words(["concurrency", "rateLimit"]))
            .about("Which of its limits are not those of the settings.").optional,
        "oldestAgeSeconds": Schema.number.about("For how long its oldest job waits that could run.").optional,
    ]).named("Queue")

    /// One queue as an answer, with its tag.
    static func response(_ queue: QueueState, headers: HTTPFields) -> Response {
        var writer = JSONWriter()
        write(queue, to: &writer)
        let body = writer.text
        var headers = headers
        headers[.eTag] = EntityTag.make(rev: queue.rev, body.string)
        return .json(headers: headers) { $0.value(body) }
    }

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
            let overrides = [
                queue.overridesConcurrency ? "concurrency" : nil, queue.overridesRateLimit ? "rateLimit" : nil,
            ].compactMap(\.self)
            if !overrides.isEmpty {
                writer.member("overrides") { writer in
                    writer.array { writer in for name in overrides { writer.value(name) } }
                }
            }
            writer.memberIfPresent("oldestAgeSeconds", queue.oldestReady.map { Double($0.wholeMilliseconds) / 1000 })
        }
    }
}
#endif
