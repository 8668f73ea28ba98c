#if Server
import HTTPTypes
/// What a client has to know of an operation beside its method, path and scope.
struct RouteDescription: Sendable {
    var tag: Tag?
    /// A few words.
    var summary = ""
    /// More sentences, where they are needed.
    var detail: String?
    var parameters: [Parameter] = []
    /// What a JSON body is.
    var body: Schema?
    /// A JSON body that may be sent.
    var example: String?
    var answers: [Answer] = []
    /// The problems that belong to this operation more than to others.
    var problems: [ProblemType] = []
}

extension APIRoute {
    /// Says what the operation is for.
    func documented(_ tag: Tag, _ summary: String, _ detail: String? = nil) -> APIRoute {
        describing {
            $0.tag = tag
            $0.summary = summary
            $0.detail = detail
        }
    }

    /// Declares parameters, those of the path included.
    func with(_ parameters: Parameter...) -> APIRoute { with(parameters) }

    /// Declares parameters, those of the path included.
    func with(_ parameters: [Parameter]) -> APIRoute { describing { $0.parameters += parameters } }

    /// Declares what the JSON body is, with one that may be sent.
    func taking(_ body: Body, _ schema: Schema, example: String) -> APIRoute {
        taking(body).describing {
            $0.body = schema
            $0.example = example
        }
    }

    /// Declares the answers, the usual one first.
    func answering(_ answers: Answer...) -> APIRoute {
        answering(answers.first?.mediaType).describing { $0.answers += answers }
    }

    /// Declares problems, besides those that follow from what else is declared (see ``problems``).
    func refusing(_ problems: ProblemType...) -> APIRoute { describing { $0.problems += problems } }

    /// Every problem the operation may be refused with, in the order of their list.
    var problems: [ProblemType] {
        var all: Set<ProblemType> = [.forbidden, .targetTooLong, .headersTooLarge, .internal]
        all.formUnion(description.problems)
        if admission.asksForCredential {
            all.formUnion([.unauthenticated, .quotaExceeded, .storageUnavailable, .storageFull])
        }
        if description.parameters.contains(where: { $0.place == .path }) { all.insert(.notFound) }
        if description.parameters.contains(where: { $0.place == .query }) { all.insert(.invalidParameter) }
        if answer == "application/json" || answer == "text/event-stream" { all.insert(.notAcceptable) }
        switch body {
        case .none: break
        case .optionalObject, .object, .value:
            all.formUnion([.invalidJSON, .tooLarge, .unsupportedMedia, .validation])
        case .file: all.formUnion([.tooLarge, .invalidParameter])
        }
        return ProblemType.allCases.filter(all.contains)
    }

    /// What its description lacks, in words; nothing when it is whole.
    var missingDescription: [String] {
        var missing: [String] = []
        if description.tag == nil || description.summary.isEmpty { missing.append("documented(_:_:)") }
        if description.answers.isEmpty { missing.append("answering(_:)") }
        let declared = description.parameters.filter { $0.place == .path }.map(\.name)
        let names = path.split(separator: "/").filter(Self.isParameter).map { String($0.dropFirst().dropLast()) }
        for name in names where !declared.contains(name) { missing.append("with(\(name) of the path)") }
        for name in declared where !names.contains(name) { missing.append("{\(name)} in its path") }
        let isJSON = [.optionalObject, .object, .value].contains(body)
        if isJSON, description.body == nil { missing.append("taking(_:_:example:)") }
        return missing
    }
}
#endif
