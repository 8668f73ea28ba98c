#if Server
import Errand
import HTTPTypes
import Hummingbird

/// Looking at workers.
struct WorkerRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.get, "/api/workers", "listWorkers", .jobsRead, list)
                .documented(.workers, "List workers", "All that announced themselves, and what each holds.")
                .answering(.json(200, .array(WorkerJSON.schema), "The workers.")),
            APIRoute(.get, "/api/workers/{id}", "getWorker", .jobsRead, get)
                .documented(.workers, "Get a worker")
                .with(.path("id", .text, "The worker's id.", example: "host:4711"))
                .answering(.json(200, WorkerJSON.schema, "The worker.")),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let workers = try await services.stores.jobs.workers(scope: context.scope)
        return .json(headers: .privateNoCache) { writer in
            writer.array { writer in for worker in workers { WorkerJSON.write(worker, to: &writer) } }
        }
    }

    private func get(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let id = try context.pathValue("id")
        let workers = try await services.stores.jobs.workers(scope: context.scope)
        guard let worker = workers.first(where: { $0.announcement.id == id }) else {
            throw Problem(.notFound, "No worker \"\(id.quotable)\" is known; it ended, or was silent for long.")
        }
        return .json(headers: .privateNoCache) { WorkerJSON.write(worker, to: &$0) }
    }
}
#endif
