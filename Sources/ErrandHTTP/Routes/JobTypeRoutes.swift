#if Server
import Errand
import HTTPTypes
import Hummingbird

/// The types that may be submitted, and what holds for them by default.
struct JobTypeRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.get, "/api/job-types", "listJobTypes", .jobsRead, list)
                .documented(.types, "List the types that may be submitted")
                .answering(.json(200, .array(Self.schema), "The types, by name.")),
            APIRoute(.get, "/api/job-types/{type}", "getJobType", .jobsRead, get)
                .documented(.types, "Get a type")
                .with(.path("type", .text, "The type's name.", example: services.types.names.first ?? "sendInvoice"))
                .answering(.json(200, Self.schema, "The type.")),
        ]
    }

    private static let schema = Schema.object([
        "type": .text,
        "queue": Schema.text.about("Where its jobs go."),
        "maxAttempts": .integer(1...1000),
        "timeoutSeconds": Schema.count.about("How long a run may take.").optional,
    ]).named("JobType")

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
