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
                .with(Self.language)
                .answering(.json(200, .array(Self.schema), "The types, by name.")),
            APIRoute(.get, "/api/job-types/{type}", "getJobType", .jobsRead, get)
                .documented(.types, "Get a type")
                .with(
                    .path(
                        "type",
                        .text,
                        "The type's name.",
                        example: services.types.names.first?.text ?? "sendInvoice"
                    ),
                    Self.language
                )
                .answering(.json(200, Self.wholeSchema, "The type.")),
        ]
    }

    private static let language = Parameter.query("lang", .text, "The language of labels, such as de.")
    private static let wholeSchema = schema.adding([
        "payloadSchema": Schema.any.about("The JSON Schema of payloads.").optional,
        "resultSchema": Schema.any.about("The JSON Schema of results.").optional,
    ]).named("JobTypeDescription")
    private static let schema = Schema.object([
        "type": .text,
        "label": Schema.text.about("What people call it.").optional,
        "queue": Schema.text.about("Where its jobs go."),
        "maxAttempts": .integer(1...1000),
        "timeoutSeconds": Schema.count.about("How long a run may take.").optional,
    ]).named("JobType")

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
        let name = try context.pathName("type")
        guard let type = services.types[name] else {
            throw Problem(.notFound, "There is no job type \"\(name.text.quotable)\".")
        }
        var headers = Self.headers
        headers[.contentLanguage] = type.description.label(in: languages)?.language
        return .json(headers: headers) { writer in
            writer.object { writer in
                Self.write(type, in: languages, to: &writer)
                writer.memberIfPresent("payloadSchema", type.description.payloadSchema?.text)
                writer.memberIfPresent("resultSchema", type.description.resultSchema?.text)
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
