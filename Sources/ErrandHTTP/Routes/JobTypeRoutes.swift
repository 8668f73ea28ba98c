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
        let languages = try Languages.wanted(request, Query(request, names: ["lang"]))
        let types = services.types.names.compactMap { services.types[$0] }
        return .json(headers: Self.headers) { writer in
            writer.array { writer in
                for type in types { writer.object { Self.write(type, in: languages, to: &$0) } }
            }
        }
    }

    private func get(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let languages = try Languages.wanted(request, Query(request, names: ["lang"]))
        let name = try context.pathValue("type")
        guard let type = services.types[name] else {
            throw Problem(.notFound, "There is no job type \"\(name.quotable)\".")
        }
        var headers = Self.headers
        headers[.contentLanguage] = type.description.label(in: languages)?.language
        return .json(headers: headers) { writer in
            writer.object { writer in
                Self.write(type, in: languages, to: &writer)
                writer.memberIfPresent("payloadSchema", type.description.payloadSchema)
                writer.memberIfPresent("resultSchema", type.description.resultSchema)
            }
        }
    }

    private static let headers: HTTPFields = [
        .cacheControl: "private, no-cache", .vary: "Authorization, Accept, Accept-Language",
    ]

    private static func write(_ type: JobType, in languages: [String], to writer: inout JSONWriter) {
        writer.member("type", type.name)
        writer.memberIfPresent("label", type.description.label(in: languages)?.text)
        writer.member("queue", type.queue)
        writer.member("maxAttempts", type.maxAttempts)
        writer.memberIfPresent("timeoutSeconds", type.timeoutSeconds)
    }
}
#endif
