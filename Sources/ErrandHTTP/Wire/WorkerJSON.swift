#if Server
import Errand

/// A worker on the wire.
enum WorkerJSON {
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

    private static func write(_ names: [String], to writer: inout JSONWriter) {
        writer.array { writer in for name in names { writer.value(name) } }
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
