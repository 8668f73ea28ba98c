#if Server
import Errand
import HTTPTypes
import Hummingbird

/// Streams of server-sent events.
struct EventRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.get, "/api/jobs/{id}/events", "streamJob", .jobsRead, jobEvents)
                .documented(
                    .streams,
                    "Follow a job",
                    """
                    Events: job with the job, now and after every change, its id the job's rev; heartbeat; end with id \
                    and status, after which the stream closes.
                    """
                )
                .with(.jobID, .lastEventID)
                .answering(
                    .media(200, "text/event-stream", "The events."),
                    .empty(204, "Last-Event-ID is the end of the job: there is nothing more to come.")
                )
                .refusing(.gone, .quotaExceeded).takingTicket(),
            APIRoute(.get, "/api/events", "streamEvents", .jobsRead, tenantEvents)
                .documented(
                    .streams,
                    "Follow all jobs",
                    """
                    Events: reset when what the client has may be old, first of all; job with a job that has changed; \
                    deleted with an id; heartbeat. The stream does not end by itself.
                    """
                )
                .with(
                    .query("types", .array(.text), "Only these types."),
                    .query("projectId", .text, "Only this project."),
                    .query("queue", .text, "Only this queue."),
                    .query("jobId", .array(.uuid, count: 1...Int.max), "Only these jobs.")
                )
                .answering(.media(200, "text/event-stream", "The events."))
                .refusing(.quotaExceeded).takingTicket(),
        ]
    }

    private func jobEvents(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("text/event-stream", by: request)
        let job = try await services.stores.jobs.job(context.jobReference(), scope: context.scope)
        let lastEventId = request.headers[.lastEventId].flatMap { Int64($0) }
        // The client has the end already: this tells its browser not to come back.
        if job.status.isTerminal, lastEventId == job.rev {
            return Response(status: .noContent, headers: .noStore)
        }
        try services.openStreams.admit(context.scope, services.options)
        let stream = JobEventStream(
            session: StreamSession(services: services, principal: context.principal, session: context.session),
            id: job.id,
            scope: context.scope,
            lastEventId: lastEventId
        )
        return Self.response { writer in try await stream.run(request, &writer) }
    }

    private func tenantEvents(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("text/event-stream", by: request)
        let query = try Query(request, names: ["types", "projectId", "queue", "jobId", StreamTickets.parameter])
        var filter = JobFilter()
        filter.types = query.list("types").map { Set($0.map { Name($0) }) }
        filter.projectId = try query.text("projectId").map { Name($0) }
        filter.queue = try query.text("queue").map { Name($0) }
        let jobs = try jobs(query)
        try services.openStreams.admit(context.scope, services.options)
        let stream = TenantEventStream(
            session: StreamSession(services: services, principal: context.principal, session: context.session),
            scope: context.scope,
            filter: filter,
            jobs: jobs
        )
        return Self.response { writer in try await stream.run(request, &writer) }
    }

    private func jobs(_ query: Query) throws(Problem) -> Set<JobID>? {
        guard query.has("jobId") else { return nil }
        guard let texts = query.list("jobId") else {
            throw .parameter("jobId", "invalid", "jobId is empty; it must be a UUID.")
        }
        var ids: Set<JobID> = []
        for text in texts {
            guard let id = JobID(text) else {
                throw .parameter("jobId", "invalid", "jobId is \"\(text.quotable)\"; it must be a UUID.")
            }
            ids.insert(id)
        }
        return ids
    }

    private static func response(
        _ stream: @escaping @Sendable @concurrent (inout any ResponseBodyWriter) async throws -> Void
    ) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream", .cacheControl: "no-store", .accelBuffering: "no",
            ],
            body: ResponseBody { writer in
                try await stream(&writer)
                try await writer.finish(nil)
            }
        )
    }
}
#endif
