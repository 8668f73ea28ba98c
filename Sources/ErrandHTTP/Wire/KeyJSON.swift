#if Server
import Errand
import FoundationEssentials

/// An API key as the API shows it; its secret only where it was just made.
struct KeyJSON {
    static let schema = Schema.object([
        "id": .uuid,
        "name": .text,
        "prefix": Schema.text.about("How the key begins; enough to recognise it, not to use it."),
        "tenantId": Schema.text.nullable.about("null: the whole installation."),
        "projects": Schema.array(.text).about("Those that it reaches; left out: all.").optional,
        "scopes": .array(.words(AccessScope.allCases.map(\.rawValue))),
        "createdAt": .time,
        "expiresAt": .time.optional,
        "revokedAt": .time.optional,
        "usedAt": Schema.time.about("When it was last used, to the minute.").optional,
    ]).named("Key")

    /// With the secret, which is shown once.
    static let newSchema = schema.adding(["key": Schema.text.about("The key itself: shown now and never again.")])
        .named("NewKey")

    let key: APIKey
    var secret: String?

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", key.id.description)
            writer.member("name", key.name)
            writer.member("prefix", "ek_\(key.prefix)")
            writer.member("tenantId", key.scope.tenantId)
            if case .tenant(_, let projects?) = key.scope { writer.member("projects", projects.sorted()) }
            writer.member("scopes", key.scopes.sorted().map(\.rawValue))
            writer.member("createdAt", key.createdAt)
            writer.memberIfPresent("expiresAt", key.expiresAt)
            writer.memberIfPresent("revokedAt", key.revokedAt)
            writer.memberIfPresent("usedAt", key.usedAt)
            writer.memberIfPresent("key", secret)
        }
    }
}
#endif
