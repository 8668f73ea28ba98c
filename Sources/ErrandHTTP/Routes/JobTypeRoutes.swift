#if Server
import Errand
import HTTPTypes
import Hummingbird

/// The types that may be submitted, and what holds for them by default.
struct JobTypeRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.get, "/api/job-types", "listJobTypes", .jobsRead, list),
            APIRoute(.get, "/api/job-types/{type}", "getJobType", .jobsRead, get),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let types = services.types.names.compactMap { services.types[$0] }
        return .json(headers: .privateNoCache) { writer in
            writer.array { writer in for type in types { Self.write(type, to: &writer) } }
        }
    }

    private func get(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let name = try context.pathValue("type")
        guard let type = services.types[name] else {
            throw Problem(.notFound, "There is no job type \"\(name.quotable)\".")
        }
        return .json(headers: .privateNoCache) { Self.write(type, to: &$0) }
    }

    private static func write(_ type: JobType, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("type", type.name)
            writer.member("queue", type.queue)
            writer.member("maxAttempts", type.maxAttempts)
            writer.memberIfPresent("timeoutSeconds", type.timeoutSeconds)
        }
    }
}
#endif
