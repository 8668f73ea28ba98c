#if Server
import Errand
import HTTPTypes
import Hummingbird

/// Looking at queues, and stopping them.
struct QueueRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.get, "/api/queues", "listQueues", .jobsRead, list)
                .documented(.queues, "List queues", "The counts are of what the credential reaches.")
                .answering(.json(200, .array(QueueJSON.schema), "The queues.")),
            APIRoute(.get, "/api/queues/{name}", "getQueue", .jobsRead, get)
                .documented(.queues, "Get a queue")
                .with(.queue)
                .answering(.json(200, QueueJSON.schema, "The queue.")),
            APIRoute(.post, "/api/queues/{name}/pause", "pauseQueue", .queuesOperate, pause)
                .documented(.queues, "Pause a queue", "Nothing more of it begins; what runs goes on.")
                .with(.queue)
                .taking(
                    .optionalObject,
                    .fields(["reason": Schema.text.about("Why, for people.").optional]),
                    example: #"{"reason":"no more disk"}"#
                )
                .answering(.json(200, QueueJSON.schema, "It is paused.")),
            APIRoute(.post, "/api/queues/{name}/resume", "resumeQueue", .queuesOperate, resume)
                .documented(.queues, "Let a queue run again")
                .with(.queue)
                .taking(.optionalObject, .fields([:]), example: "{}")
                .answering(.json(200, QueueJSON.schema, "It runs.")),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let queues = try await services.stores.jobs.queues(scope: context.scope)
        return .json(headers: .privateNoCache) { writer in
            writer.array { writer in for queue in queues { QueueJSON.write(queue, to: &writer) } }
        }
    }

    private func get(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let queue = try await queue(context.pathValue("name"), context)
        return .json(headers: .privateNoCache) { QueueJSON.write(queue, to: &$0) }
    }

    private func queue(_ name: String, _ context: APIContext) async throws -> QueueState {
        guard let queue = try await services.stores.jobs.queues(scope: context.scope).first(where: { $0.name == name })
        else { throw Problem(.notFound, "There is no queue \"\(name.quotable)\".") }
        return queue
    }

    private func pause(_ request: Request, _ context: APIContext) async throws -> Response {
        var reason: String?
        try await services.readFields(request, context) { reader, name, value in
            guard name == "reason" else { return false }
            reason = reader.string(name, value)
            return true
        }.finish()
        return try await change(.pause(by: context.principal.name, reason: reason), context)
    }

    private func resume(_ request: Request, _ context: APIContext) async throws -> Response {
        try await services.readFields(request, context) { _, _, _ in false }.finish()
        return try await change(.resume, context)
    }

    private func change(_ change: QueueChange, _ context: APIContext) async throws -> Response {
        let name = try context.pathValue("name")
        guard (1...JobLimits.nameBytes).contains(name.utf8.count) else {
            throw Problem(.notFound, "A queue's name has 1 to \(JobLimits.nameBytes) bytes.")
        }
        try await services.stores.jobs.configure(queue: name, change)
        let queue = try await queue(name, context)
        return .json(headers: .noStore) { QueueJSON.write(queue, to: &$0) }
    }
}
#endif
