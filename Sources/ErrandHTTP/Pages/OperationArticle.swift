#if Server
import Errand
import HTTPTypes

/// One operation on the ``DocsPage``.
struct OperationArticle {
    let route: APIRoute

    private var description: RouteDescription { route.description }

    var html: HTML { .element("article", id: route.operation, title, parameters, requestBody, answers, problems) }

    private var title: HTML {
        let scope: HTML = route.scope.map { HTML(["Scope ", .code($0.rawValue), "."]) } ?? "Open to everybody."
        return HTML([
            .element("h3", .element("span", class: "method", .text(route.method.rawValue)), .code(route.path)),
            .element("p", .text(description.summary + ". "), .element("span", class: "faint", scope)),
            paragraph(description.detail),
        ])
    }

    private func paragraph(_ text: String?) -> HTML { text.map { .element("p", .text($0)) } ?? .nothing }

    private var parameters: HTML {
        guard !description.parameters.isEmpty else { return .nothing }
        let rows = description.parameters.map { parameter in
            SchemaTable.row(
                parameter.name,
                parameter.schema,
                isOptional: !parameter.isRequired,
                meaning: "\(parameter.place.word): \(parameter.meaning)"
            )
        }
        return HTML([.element("h4", "Parameters"), .element("table", HTML(rows))])
    }

    private var requestBody: HTML {
        let title: HTML
        switch route.body {
        case .none: return .nothing
        case .file: return .element("h4", "Body: the file itself")
        case .optionalObject: title = .element("h4", "Body, which may be left out")
        case .object, .value: title = .element("h4", "Body")
        }
        guard let schema = description.body else { return title }
        let content: HTML =
            schema.name == nil
            ? HTML([paragraph(schema.meaning), SchemaTable(schema: schema).html]) : .element("p", schema.kind)
        let example: HTML = description.example.map { .element("pre", .text($0)) } ?? .nothing
        return HTML([title, content, example])
    }

    private var answers: HTML {
        let rows = description.answers.map { answer in
            let kind: HTML = answer.schema?.kind ?? .text(answer.mediaType ?? "no body")
            let headers = answer.headers.map(\.name.rawName).joined(separator: ", ")
            let meaning = headers.isEmpty ? answer.meaning : "\(answer.meaning) Header: \(headers)."
            return HTML.element(
                "tr",
                .element("td", .code("\(answer.status)")),
                .element("td", kind),
                .element("td", .text(meaning))
            )
        }
        let members = description.answers.compactMap(\.schema).filter { $0.name == nil }
            .map { SchemaTable(schema: $0).html }
        return HTML([.element("h4", "Answers"), .element("table", HTML(rows)), HTML(members)])
    }

    private var problems: HTML {
        let links = route.problems.map { problem in
            HTML.link("/problems/\(problem.rawValue)", .text("\(problem.status) \(problem.rawValue)"))
        }
        return HTML([.element("h4", "Problems"), .element("p", .list(links, between: " · "))])
    }
}

extension Parameter.Place {
    /// Where it stands, for people.
    fileprivate var word: String {
        switch self {
        case .path: "Path"
        case .query: "Query"
        case .header: "Header"
        }
    }
}
#endif
