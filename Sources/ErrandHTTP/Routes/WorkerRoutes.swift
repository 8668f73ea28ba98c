#if Server
import Errand
import HTTPTypes
import Hummingbird
import Logging

/// Looking at workers, and telling them what to do.
struct WorkerRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.get, "/api/workers", "listWorkers", .jobsRead, list)
                .documented(.workers, "List workers", "All that announced themselves, and what each holds.")
                .answering(.json(200, .array(WorkerJSON.schema), "The workers.")),
            APIRoute(.get, "/api/workers/{id}", "getWorker", .jobsRead, get)
                .documented(.workers, "Get a worker")
                .with(Self.worker)
                .answering(.json(200, WorkerJSON.schema, "The worker.")),
            APIRoute(.post, "/api/workers/{id}/quiet", "quietWorker", .admin) { try await want(.quiet, $0, $1) }
                .documented(.workers, "Have a worker claim no more", "It ends what it runs.")
                .with(Self.worker)
                .taking(.optionalObject, .fields([:]), example: "{}")
                .answering(.json(202, Self.wanted, "It is told with its next heartbeat.")),
            APIRoute(.post, "/api/workers/{id}/stop", "stopWorker", .admin) { try await want(.stop, $0, $1) }
                .documented(.workers, "Have a worker end", "It claims no more, ends what it runs, and goes.")
                .with(Self.worker)
                .taking(.optionalObject, .fields([:]), example: "{}")
                .answering(.json(202, Self.wanted, "It is told with its next heartbeat.")),
        ]
    }

    private static let worker = Parameter.path("id", .text, "The worker's id.", example: "host:4711")
    private static let wanted = Schema.object(["id": .text, "wanted": .words(WantedState.allCases.map(\.rawValue))])

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let workers = try await services.stores.jobs.workers(scope: context.scope)
        return .json(headers: .privateNoCache) { writer in
            writer.array { writer in for worker in workers { WorkerJSON.write(worker, to: &writer) } }
        }
    }

    private func get(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let id = try context.pathName("id")
        let workers = try await services.stores.jobs.workers(scope: context.scope)
        guard let worker = workers.first(where: { $0.announcement.id == id }) else {
            throw Self.unknown(id)
        }
        return .json(headers: .privateNoCache) { WorkerJSON.write(worker, to: &$0) }
    }

    private static func unknown(_ id: Name) -> Problem {
        Problem(.notFound, "No worker \"\(id.text.quotable)\" is known; it ended, or was silent for long.")
    }

    /// Notes what an operator wants of a worker; it hears of it with its next heartbeat.
    private func want(_ state: WantedState, _ request: Request, _ context: APIContext) async throws -> Response {
        try await services.readFields(request, context) { _, _, _ in false }.finish()
        let id = try context.pathName("id")
        let store = services.stores.jobs
        guard let worker = try await store.workers(scope: .system).first(where: { $0.announcement.id == id }),
            mayOrder(worker.announcement, context)
        else { throw Self.unknown(id) }
        try await store.want(state, ofWorker: id)
        // With the one who asked, as what was done to keys is.
        services.logger.notice(
            "an operator wants a worker to change",
            metadata: [
                "worker_id": "\(id)", "wanted": "\(state.rawValue)", "request_id": "\(context.requestId)",
                "by": "\(context.principal.jobCreator ?? "anyone")",
            ]
        )
        return .json(.accepted, headers: .noStore) { writer in
            writer.object { writer in
                writer.member("id", id)
                writer.member("wanted", worker.wanted.followed(by: state).rawValue)
            }
        }
    }

    /// The whole installation's administrators order every worker; a tenant's those that work for the tenant alone, and
    /// those of some projects the workers that reach just as far.
    private func mayOrder(_ worker: WorkerAnnouncement, _ context: APIContext) -> Bool {
        switch context.principal.reach {
        case .system: true
        case .tenant(let tenant, nil): worker.tenantId == tenant
        case .tenant: services.sessions.isIdentifier(worker.id, for: context.scope)
        }
    }
}
#endif
