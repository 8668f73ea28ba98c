#if Server
import Errand
import FoundationEssentials

/// The body of a request for an API key: nothing in it may go beyond what its maker may do.
struct KeyRequest {
    static let schema = Schema.fields([
        "name": Schema.string(1...APIKey.nameBytes).about("For people."),
        "scopes": .array(.words(AccessScope.allCases.map(\.rawValue)), count: 1...Int.max),
        "tenantId": Schema.name.nullable.about(
            "Another tenant than the maker's; null: the whole installation. Both for keys of the installation alone."
        ).optional,
        "projects": Schema.array(.name, count: 0...1000)
            .about("The projects that it reaches; left out: all of its maker's.").optional,
        "expiresAt": Schema.time.about("In the future; left out: never.").optional,
    ]).named("KeyRequest")

    static let example = #"{"name":"ci","scopes":["jobs:read","jobs:write"],"expiresAt":"2099-01-01T00:00:00Z"}"#

    private(set) var name = ""
    private(set) var scopes: Set<AccessScope> = []
    private(set) var scope: Scope
    private(set) var expiresAt: Moment?
    private var tenantId: Name?
    private var projects: [Name]?
    private var isForAll = false

    init(_ body: JSONText, for maker: Principal, now: Date) throws {
        // The whole installation has to be asked for: null, not a field left out.
        scope = maker.scope == .system ? .default : maker.scope
        var given: [String]?
        var request = self
        var reader = FieldReader.read(try body.object()) { reader, name, value in
            switch name {
            case "name": request.name = reader.string(name, value) ?? ""
            case "scopes": given = reader.strings(name, value)
            case "projects": request.projects = reader.names(name, value)
            case "tenantId":
                request.isForAll = value.isNull
                request.tenantId = reader.boundedName(name, value)
            case "expiresAt": request.expiresAt = reader.moment(name, value)
            default: return false
            }
            return true
        }
        request.checkName(&reader)
        request.take(given ?? [], for: maker, &reader)
        request.takeScope(for: maker, &reader)
        if let end = request.expiresAt, end.date <= now {
            reader.refuse("expiresAt", "invalid", "expiresAt is \(end); it must be in the future.")
        }
        try reader.finish()
        self = request
    }

    /// The key that was asked for, and its secret.
    func make(
        _ id: JobID,
        at now: Date,
        random: inout some RandomNumberGenerator
    ) -> (key: APIKey, secret: KeySecret) {
        let secret = KeySecret(random: &random)
        let key = APIKey(
            id: id,
            prefix: secret.prefix,
            sha256: secret.sha256,
            name: name,
            scope: scope,
            scopes: scopes,
            createdAt: now,
            expiresAt: expiresAt?.date
        )
        return (key, secret)
    }

    private func checkName(_ reader: inout FieldReader) {
        guard !(1...APIKey.nameBytes).contains(name.utf8.count) else { return }
        reader.refuse("name", "invalid", "name has \(name.utf8.count) bytes; it must have 1 to \(APIKey.nameBytes).")
    }

    private mutating func take(_ given: [String], for maker: Principal, _ reader: inout FieldReader) {
        let known = AccessScope.allCases.map(\.rawValue).joined(separator: ", ")
        if given.isEmpty { reader.refuse("scopes", "required", "scopes is missing or empty; it may have \(known).") }
        for (index, text) in given.enumerated() {
            guard let scope = AccessScope(rawValue: text) else {
                let detail = "scopes[\(index)] is \"\(text.quotable)\"; it must be one of \(known)."
                reader.refuse("scopes", "invalid", detail)
                continue
            }
            guard maker.mayGrant(scope) else {
                reader.refuse("scopes", "not-allowed", "The credential does not allow \(text), so it cannot give it.")
                continue
            }
            scopes.insert(scope)
        }
    }

    private mutating func takeScope(for maker: Principal, _ reader: inout FieldReader) {
        if isForAll {
            scope = .system
        } else if let tenantId {
            scope = .tenant(tenantId)
            if tenantId.isEmpty { reader.refuse("tenantId", "invalid", "tenantId is empty; a tenant has a name.") }
            if WebhookDelivery.isReserved(tenant: tenantId) {
                reader.refuse("tenantId", "not-allowed", "The tenant \"\(tenantId.text.quotable)\" is Errand's own.")
            }
        }
        if let projects {
            guard case .tenant(let tenant, _) = scope else {
                return reader.refuse("projects", "exclusive", "A key for the whole installation has no projects.")
            }
            scope = .tenant(tenant, projects: Set(projects))
        }
        guard !maker.reach.contains(scope) else { return }
        let field = tenantId != nil || isForAll ? "tenantId" : "projects"
        reader.refuse(field, "not-allowed", "The key would reach beyond the credential that makes it.")
    }
}
#endif
