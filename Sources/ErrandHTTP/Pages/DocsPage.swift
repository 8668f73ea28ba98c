#if Server
import Errand
import HTTPTypes

/// The routes as one page that people read: no script, and nothing from elsewhere.
struct DocsPage {
    let routes: [APIRoute]
    let access: APIOptions.Access

    var page: Page { Page(html: HTML([head, navigation, sections, objects]), title: "Errand's HTTP API") }

    private var groups: [(tag: Tag, routes: [APIRoute])] {
        Tag.allCases.map { tag in (tag, routes.filter { $0.description.tag == tag }) }.filter { !$0.routes.isEmpty }
    }

    private var head: HTML {
        let credential: HTML =
            access == .keys
            ? HTML(["Send ", .code("Authorization: Bearer ek_…"), " with an API key that has the scope."])
            : "This server asks for no credential; it answers this machine alone."
        return HTML([
            .element("h1", "Errand's HTTP API"),
            .element("p", "For programs: ", .link("/api/openapi.json", "openapi.json"), "."),
            .element("p", credential),
            .element(
                "p",
                "Refusals are ",
                .code("application/problem+json"),
                "; each names its kind, which is explained at its address. Unknown fields are refused."
            ),
        ])
    }

    private var navigation: HTML {
        let lists = groups.map { group in
            let items = group.routes.map { route in
                HTML.element("li", .link("#\(route.operation)", .text(route.description.summary)))
            }
            return HTML([.element("h4", .text(group.tag.rawValue)), .element("ul", HTML(items))])
        }
        return .element("nav", HTML(lists))
    }

    private var sections: HTML {
        HTML(
            groups.map { group in
                .element(
                    "section",
                    .element("h2", .text(group.tag.rawValue)),
                    .element("p", .text(group.tag.meaning)),
                    HTML(group.routes.map { OperationArticle(route: $0).html })
                )
            }
        )
    }

    private var objects: HTML {
        let articles = routes.namedSchemas.sorted { $0.key < $1.key }.map { name, schema in
            let isObject = !schema.properties.isEmpty
            let content = isObject ? SchemaTable(schema: schema).html : .element("p", schema.unnamedKind)
            return HTML.element("article", id: "schema-\(name)", .element("h3", .text(name)), content)
        }
        return .element("section", .element("h2", "Objects"), HTML(articles))
    }
}
#endif
