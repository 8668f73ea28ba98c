#if Server
import Errand
import HTTPTypes
import Hummingbird
import Synchronization

/// The description of the API, for programs and for people, made from the routes themselves.
struct DocumentRoutes: Sendable {
    let access: APIOptions.Access
    /// All other routes.
    let others: [APIRoute]
    private let made = MadePages()

    init(access: APIOptions.Access, others: [APIRoute]) {
        self.access = access
        self.others = others
    }

    var routes: [APIRoute] {
        [
            APIRoute.open(.get, "/api/openapi.json", "getAPIDescription") { request, _ in
                try MediaTypes.requireAccepted("application/json", by: request)
                return made.page("openapi") {
                    Page("application/json", Array(OpenAPIDocument(routes: all, access: access).text.string.utf8))
                }.response(to: request)
            }
            .documented(
                .server,
                "This API for programs",
                "OpenAPI 3.1; changes with the server's version and settings."
            )
            .with(.ifNoneMatch)
            .answering(
                .json(200, .anyObject, "The description.", .entityTag),
                .empty(304, "It is as If-None-Match names it.")
            )
            .refusing(.notAcceptable),
            APIRoute.open(.get, "/api/docs", "getAPIDocs") { request, _ in
                try MediaTypes.requireAccepted("text/html", by: request)
                return made.page("docs") { DocsPage(routes: all, access: access).page }.response(to: request)
            }
            .documented(.server, "This API for people", "One page, which loads nothing else.")
            .with(.ifNoneMatch)
            .answering(
                .media(200, "text/html", "The page.", .entityTag),
                .empty(304, "It is as If-None-Match names it.")
            )
            .refusing(.notAcceptable),
        ]
    }

    private var all: [APIRoute] { others + routes }
}

/// Pages that are made when somebody first wants them.
private final class MadePages: Sendable {
    private let pages = Mutex<[String: Page]>([:])

    /// The page; made once, also where several ask for it at first.
    func page(_ name: String, make: () -> Page) -> Page {
        pages.withLock { pages in
            if let page = pages[name] { return page }
            let page = make()
            pages[name] = page
            return page
        }
    }
}
#endif
