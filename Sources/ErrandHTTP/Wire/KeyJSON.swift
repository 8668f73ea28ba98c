#if Server
import Errand
import FoundationEssentials

/// An API key as the API shows it; its secret only where it was just made.
struct KeyJSON {
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

extension JSONWriter {
    mutating func member(_ name: String, _ values: [String]) {
        member(name) { writer in writer.array { writer in for value in values { writer.value(value) } } }
    }
}
#endif
