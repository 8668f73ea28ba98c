#if Server
import Errand
import HTTPTypes
import Hummingbird

/// Looking at workers.
struct WorkerRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.get, "/api/workers", "listWorkers", .jobsRead, list),
            APIRoute(.get, "/api/workers/{id}", "getWorker", .jobsRead, get),
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
