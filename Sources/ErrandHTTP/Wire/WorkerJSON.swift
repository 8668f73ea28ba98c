#if Server
import Errand

/// A worker on the wire.
enum WorkerJSON {
    static let schema = Schema.object([
        "id": .text,
        "name": .text,
        "version": .text.optional,
        "language": .text.optional,
        "labels": Schema.anyObject.optional,
        "queues": Schema.array(.text).about("Those it takes jobs from; left out: all.").optional,
        "types": .array(.text),
        "state": Schema.words(WorkerAnnouncement.State.allCases.map(\.rawValue)).about("What it says it does."),
        "wanted": Schema.words(WantedState.allCases.map(\.rawValue)).about("What an operator wants of it."),
        "slots": Schema.count.about("How many jobs it runs at once."),
        "running": .count,
        "startedAt": .time,
        "leaseSeconds": .number,
        "heartbeatAt": .time,
        "heartbeatAgeSeconds": .number,
        "leaseCount": .count,
        "leases": .array(
            .object(["id": .uuid, "number": .count, "fence": .count, "leaseExpiresAt": .time])
        ),
    ]).named("Worker")

    static func write(_ worker: LiveWorker, to writer: inout JSONWriter) {
        let said = worker.announcement
        writer.object { writer in
            writer.member("id", said.id)
            writer.member("name", said.name)
            writer.memberIfPresent("version", said.version)
            writer.memberIfPresent("language", said.language)
            if let labels = said.labels { writer.member("labels", labels) }
            if let queues = said.queues { writer.member("queues") { write(queues, to: &$0) } }
            writer.member("types") { write(said.types, to: &$0) }
            writer.member("slots", said.slots)
            writer.member("running", said.running)
            writer.member("state", said.state.rawValue)
            writer.member("wanted", worker.wanted.rawValue)
            writer.member("startedAt", said.startedAt)
            writer.member("leaseSeconds", said.lease.seconds)
            writer.member("heartbeatAt", worker.heartbeatAt)
            writer.member("heartbeatAgeSeconds", Double(worker.heartbeatAge.wholeMilliseconds) / 1000)
            writer.member("leaseCount", worker.leaseCount)
            writer.member("leases") { writer in
                writer.array { writer in for held in worker.leases { write(held, to: &writer) } }
            }
        }
    }

    private static func write(_ names: [Name], to writer: inout JSONWriter) {
        writer.array { writer in for name in names { writer.value(name.text) } }
    }

    private static func write(_ held: HeldLease, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", held.lease.id.description)
            writer.member("number", held.lease.number)
            writer.member("fence", held.lease.fence)
            writer.member("leaseExpiresAt", held.expiresAt)
        }
    }
}
#endif
