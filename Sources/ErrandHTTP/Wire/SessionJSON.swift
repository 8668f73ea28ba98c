#if Server
import Errand
import FoundationEssentials

/// Who asks, as the API tells them.
struct SessionJSON {
    static let schema = Schema.object([
        "credential": .words(["none", "key", "token"]),
        "id": Schema.text.about("Of a key its id, of a token its subject.").optional,
        "name": .text.nullable,
        "tenantId": Schema.text.nullable.about("null: the whole installation."),
        "projects": Schema.array(.text).about("Those it reaches; left out: all.").optional,
        "scopes": .array(.words(AccessScope.allCases.map(\.rawValue))),
        "isSession": Schema.boolean.about("Whether a browser's session asks."),
        "expiresAt": Schema.time.optional,
    ]).named("SignedIn")

    let context: APIContext

    func write(to writer: inout JSONWriter) {
        let principal = context.principal
        writer.object { writer in
            writer.member("credential", principal.credential.word)
            // Of tokens the subject, of keys the id.
            writer.memberIfPresent("id", principal.credential.holder)
            writer.member("name", principal.name)
            writer.member("tenantId", principal.scope.tenantId)
            if case .tenant(_, let projects?) = principal.scope {
                writer.member("projects", projects.sorted())
            }
            writer.member("scopes", principal.scopes.sorted().map(\.rawValue))
            writer.member("isSession", context.session != nil)
            writer.memberIfPresent("expiresAt", context.session?.expiresAt ?? principal.expiresAt)
        }
    }
}

extension Principal.Credential {
    fileprivate var word: String {
        switch self {
        case .none: "none"
        case .key: "key"
        case .token: "token"
        }
    }

    fileprivate var holder: String? {
        switch self {
        case .none: nil
        case .key(let id): id.description
        case .token(let subject, _): subject
        }
    }
}
#endif
