#if Server
import Errand
import HTTPTypes
import Hummingbird

/// Looking at queues, stopping and limiting them.
struct QueueRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] { looking + operating + clearing }

    private var looking: [APIRoute] {
        [
            APIRoute(.get, "/api/queues", "listQueues", .jobsRead, list)
                .documented(.queues, "List queues", "The counts are of what the credential reaches.")
                .answering(.json(200, .array(QueueJSON.schema), "The queues.")),
            APIRoute(.get, "/api/queues/{name}", "getQueue", .jobsRead, get)
                .documented(.queues, "Get a queue")
                .with(.queue)
                .answering(.json(200, QueueJSON.schema, "The queue.", .entityTag)),
        ]
    }

    private var operating: [APIRoute] {
        [
            APIRoute(.post, "/api/queues/{name}/pause", "pauseQueue", .queuesOperate, pause)
                .documented(.queues, "Pause a queue", "Nothing more of it begins; what runs goes on.")
                .with(.queue)
                .taking(
                    .optionalObject,
                    .fields([
                        "reason": Schema.reason("Why, for people.").optional,
                        "create": Schema.boolean.about("Also one without jobs and settings, which is no type's.")
                            .standard("false").optional,
                    ]),
                    example: #"{"reason":"no more disk"}"#
                )
                .answering(.json(200, QueueJSON.schema, "It is paused.")),
            APIRoute(.post, "/api/queues/{name}/resume", "resumeQueue", .queuesOperate, resume)
                .documented(.queues, "Let a queue run again")
                .with(.queue)
                .taking(.optionalObject, .fields([:]), example: "{}")
                .answering(.json(200, QueueJSON.schema, "It runs.")),
            APIRoute(.patch, "/api/queues/{name}", "limitQueue", .queuesOperate, limit)
                .documented(.queues, "Limit a queue", "A merge patch: what is left out stays, null is the settings'.")
                .with(.queue, .requiredIfMatch)
                .taking(.object, QueuePatch.schema, example: #"{"concurrency":3}"#)
                .answering(.json(200, QueueJSON.schema, "As it is now.", .entityTag))
                .refusing(.preconditionFailed, .preconditionRequired),
        ]
    }

    /// What takes something away.
    private var clearing: [APIRoute] {
        [
            APIRoute(.delete, "/api/queues/{name}", "deleteQueue", .queuesOperate, delete)
                .documented(
                    .queues,
                    "Forget a queue without jobs",
                    "With what was set about it; a job or a setting makes it known again."
                )
                .with(.queue)
                .answering(.empty(204, "It is forgotten."))
                .refusing(.conflict),
            APIRoute(.post, "/api/queues/{name}/drain", Self.drainOperation, .admin, drain)
                .documented(
                    .queues,
                    "Cancel all that waits in a queue",
                    "Asked with dryRun first, as bulk actions are."
                )
                .with(.queue, .idempotencyKey())
                .taking(
                    .optionalObject,
                    .fields(["dryRun": Schema.boolean.optional, "confirmToken": Schema.text.optional]),
                    example: #"{"dryRun":true}"#
                )
                .answering(
                    .json(200, BulkActionRequest.preview, "What would be cancelled."),
                    .json(202, JobJSON.schema, "The job that cancels them.", .location, .retryAfter)
                )
                .refusing(.confirmTokenStale, .idempotencyMismatch, .invalidParameter),
        ]
    }

    private static let drainOperation = "drainQueue"

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let queues = try await services.stores.jobs.queues(scope: context.scope)
        return .json(headers: .privateNoCache) { writer in
            writer.array { writer in for queue in queues { QueueJSON.write(queue, to: &writer) } }
        }
    }

    private func get(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let queue = try await queue(context.pathName("name"), context)
        return QueueJSON.response(queue, headers: .privateNoCache)
    }

    private func queue(_ name: Name, _ context: APIContext) async throws -> QueueState {
        guard let queue = try await services.stores.jobs.queues(scope: context.scope).first(where: { $0.name == name })
        else {
            throw Problem(.notFound, "There is no queue \"\(name.text.quotable)\": it has neither jobs nor settings.")
        }
        return queue
    }

    private func pause(_ request: Request, _ context: APIContext) async throws -> Response {
        var (reason, creates) = (String?.none, false)
        try await services.readFields(request, context) { reader, name, value in
            switch name {
            case "reason": reason = reader.text(name, value)
            case "create": creates = reader.bool(name, value) ?? false
            default: return false
            }
            return true
        }.finish()
        // A key may have a long name.
        let by = context.principal.name?.cut(toBytes: JobLimits.nameBytes)
        return try await change(.pause(by: by, reason: reason), creates: creates, context)
    }

    private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        let name = try await queue(context.pathName("name"), context).name
        try await services.stores.jobs.delete(queue: name)
        return Response(status: .noContent, headers: .noStore)
    }

    private func resume(_ request: Request, _ context: APIContext) async throws -> Response {
        try await services.readFields(request, context) { _, _, _ in false }.finish()
        return try await change(.resume, context)
    }

    /// Changes a queue that is known, or makes it known where that was said: a name that was misspelt is nobody's wish.
    private func change(
        _ change: QueueChange,
        creates: Bool = false,
        _ context: APIContext
    ) async throws -> Response {
        let name = try context.pathName("name")
        guard (1...JobLimits.nameBytes).contains(name.utf8.count) else {
            throw Problem(.notFound, "A queue's name has 1 to \(JobLimits.nameBytes) bytes.")
        }
        // A type's queue is known before its first job.
        if !creates, !services.types.haveQueue(name) { _ = try await self.queue(name, context) }
        try await services.stores.jobs.configure(queue: name, change)
        let queue = try await queue(name, context)
        return QueueJSON.response(queue, headers: .noStore)
    }

    private func limit(_ request: Request, _ context: APIContext) async throws -> Response {
        let patch = try await QueuePatch(request, context, services: services)
        guard let ifMatch = request.headers[.ifMatch] else {
            throw Problem(
                .preconditionRequired,
                "If-Match is missing: a change of a queue names the revision that it was decided on."
            )
        }
        let name = try context.pathName("name")
        _ = try await queue(name, context)
        do throws(JobStoreError) {
            let revisions = EntityTag.revisions(ifMatch: ifMatch)
            try await services.stores.jobs.configure(queue: name, patch.changes, ifRev: revisions)
        } catch {
            var problem = Problem(store: error)
            if error.code == .outdated {
                problem.headers[.eTag] = QueueJSON.response(try await queue(name, context), headers: [:]).headers[.eTag]
            }
            throw problem
        }
        return QueueJSON.response(try await queue(name, context), headers: .privateNoCache)
    }

    /// Cancels everything that waits in the queue, as a bulk action with its confirmation.
    private func drain(_ request: Request, _ context: APIContext) async throws -> Response {
        var confirmation = Confirmation()
        var reader = try await services.readFields(request, context) { confirmation.take($1, $2, &$0) }
        confirmation.check(&reader)
        try reader.finish()
        let name = try await queue(context.pathName("name"), context).name
        var filter = JobFilter()
        (filter.queue, filter.statuses) = (name, [.queued])
        let action = BulkAction(.cancel, reason: "The queue \(name) was drained.")
        let start = try BulkStart(services: services, context: context, action, of: filter)
        guard let token = confirmation.token else { return try await start.dryRun() }
        return try await start.start(token, request, operation: Self.drainOperation)
    }
}
#endif
