#if Server
import Errand
import Hummingbird

/// The body of a heartbeat: how the worker is, and the leases it holds.
struct HeartbeatRequest {
    /// A lease to renew.
    struct Lease {
        let id: JobID
        let fence: Int64
        let token: String
    }

    static let schema = Schema.fields([
        "state": Schema.words(WorkerAnnouncement.State.allCases.map(\.rawValue)).about("How the worker is.")
            .standard("\"run\"").optional,
        "rssBytes": Schema.count.about("How much memory it takes; taken, and not kept.").optional,
        "jobs": Schema.array(
            .fields(["id": .uuid, "fence": .count, "token": .text]),
            count: 0...SessionRequest.slotLimit
        ).about("The leases it holds.").optional,
    ])

    private(set) var state = WorkerAnnouncement.State.run
    private(set) var leases: [Lease] = []

    init(_ request: Request, _ context: APIContext, services: APIServices) async throws {
        var given = self
        var items: [JSONText] = []
        var reader = try await services.readFields(request, context, isRequired: true) { reader, name, value in
            switch name {
            case "state": given.state = Self.state(name, value, &reader) ?? given.state
            case "rssBytes": _ = reader.integer(name, value, in: 0...Int64.max)
            case "jobs": items = reader.array(name, value) ?? []
            default: return false
            }
            return true
        }
        if items.count > SessionRequest.slotLimit {
            let detail = "jobs has \(items.count) leases; at most \(SessionRequest.slotLimit) are allowed."
            reader.refuse("jobs", "too-long", detail)
        }
        try reader.finish()
        given.leases = try items.enumerated().map { try Self.lease($1, at: $0) }
        self = given
    }

    private static func state(
        _ name: String,
        _ value: JSONText,
        _ reader: inout FieldReader
    ) -> WorkerAnnouncement.State? {
        guard let text = reader.string(name, value) else { return nil }
        if let state = WorkerAnnouncement.State(rawValue: text) { return state }
        reader.refuse(name, "invalid", "state is \"\(text.quotable)\"; it must be one of run, quiet, stopping.")
        return nil
    }

    private static func lease(_ item: JSONText, at index: Int) throws -> Lease {
        var (id, fence, token) = (JobID?.none, Int64?.none, String?.none)
        try FieldReader.readItem(item, at: "/jobs/\(index)") { reader, name, value in
            switch name {
            case "id": id = reader.identifier(name, value)
            case "fence": fence = reader.integer(name, value, in: 0...Int64.max)
            case "token": token = reader.string(name, value)
            default: return false
            }
            return true
        }
        guard let id, let fence, let token else {
            throw Problem.field("/jobs/\(index)", "required", "jobs/\(index) needs id, fence and token.")
        }
        return Lease(id: id, fence: fence, token: token)
    }
}

/// What became of a lease, in the answer to a heartbeat.
struct HeartbeatAnswer {
    static let schema = Schema.object([
        "state": Schema.words(["run", "quiet", "stop"]).about("What an operator wants of the worker."),
        "jobs": .array(
            .object([
                "id": .uuid,
                "fence": .count,
                "action": Schema.words(["continue", "cancel", "lost"]).about("lost: stop, and write nothing more."),
                "expiresIn": Schema.number.about("For how many seconds the lease holds now.").optional,
            ])
        ),
    ]).named("HeartbeatAnswer")

    let id: JobID
    let fence: Int64
    var renewal: LeaseRenewal
    var duration: Duration

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id.description)
            writer.member("fence", fence)
            switch renewal {
            case .renewed:
                writer.member("action", "continue")
                writer.member("expiresIn", duration.seconds)
            case .cancelled:
                // Held on, so that its worker can say when it has stopped.
                writer.member("action", "cancel")
                writer.member("expiresIn", duration.seconds)
            case .lost: writer.member("action", "lost")
            }
        }
    }
}
#endif
