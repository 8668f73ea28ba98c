#if Server
import Errand
import HTTPTypes
import Hummingbird

/// What a kind of problem means, at the address that is its name (RFC 9457, 3.1.1): as text, as a page or as JSON.
struct ProblemRoute: Sendable {
    private static let schema = Schema.object([
        "type": .text, "status": .integer(400...599), "title": .text,
        "remedy": Schema.text.about("What to do about it."),
    ]).named("ProblemType")

    var routes: [APIRoute] {
        [
            APIRoute.open(.get, "/problems/{slug}", "getProblemType", get)
                .documented(.server, "What a kind of problem means", "Its address is the type of such problems.")
                .with(
                    .path("slug", .words(ProblemType.allCases.map(\.rawValue)), "Which.", example: "not-found"),
                    .ifNoneMatch
                )
                .answering(
                    .media(200, "text/plain", "What it means, and what to do about it.", .entityTag),
                    .media(200, "text/html", "The same as a page.", .entityTag),
                    .json(200, Self.schema, "The same for programs.", .entityTag),
                    .empty(304, "It is as If-None-Match names it.")
                )
                .refusing(.notAcceptable)
        ]
    }

    private func get(_ request: Request, _ context: APIContext) async throws -> Response {
        let slug = try context.pathValue("slug")
        guard let type = ProblemType(rawValue: slug) else {
            throw Problem(.notFound, "There is no kind of problem \"\(slug.quotable)\".")
        }
        let page: Page =
            switch try MediaTypes.choose(among: ["text/plain", "text/html", "application/json"], for: request) {
            case "text/html": Self.page(type)
            case "application/json": Page("application/json", Array(Self.json(type).string.utf8))
            default: Page("text/plain; charset=utf-8", Array(Self.text(type).utf8))
            }
        return page.response(to: request)
    }

    private static func text(_ type: ProblemType) -> String {
        "\(type.rawValue) (\(type.status))\n\n\(type.title)\n\(type.remedy)\n"
    }

    private static func json(_ type: ProblemType) -> JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("type", type.uri)
            writer.member("status", type.status)
            writer.member("title", type.title)
            writer.member("remedy", type.remedy)
        }
        return writer.text
    }

    private static func page(_ type: ProblemType) -> Page {
        let body = HTML([
            .element("h1", .text(type.rawValue)),
            .element("p", class: "faint", "Status \(type.status)"),
            .element("p", .text(type.title)),
            .element("p", .text(type.remedy)),
            .element("p", .link("/api/docs", "All operations")),
        ])
        return Page(html: body, title: "\(type.rawValue) - Errand")
    }
}
#endif
