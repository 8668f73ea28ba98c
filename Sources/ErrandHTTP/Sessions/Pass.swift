#if Server
import Errand
import FoundationEssentials

/// What a session's cookie and a stream's ticket say: whose they are, and until when.
///
/// Of an API key only the name is in it, so that the key's own end is the pass's end too. What a token said is in it
/// whole, as a token is kept nowhere.
struct Pass: Sendable, Equatable {
    /// Whose it is.
    enum Bearer: Sendable, Equatable {
        /// Whoever has an API key.
        case key(JobID)
        /// Whom a token named.
        case token(Principal)
        /// Everybody, where nobody is asked for a credential.
        case anyone
    }

    /// Names it where it is spent.
    var id: String
    var bearer: Bearer
    var expiresAt: Date
    /// The session by which a ticket was got, so that it ends with it.
    var session: BrowserSession?

    init(_ principal: Principal, id: String, expiresAt: Date, session: BrowserSession? = nil) {
        self.id = id
        self.expiresAt = expiresAt
        self.session = session
        bearer =
            switch principal.credential {
            case .none: .anyone
            case .key(let key): .key(key)
            case .token: .token(principal)
            }
    }

    /// Reads it back; nil for what is none.
    init?(_ text: JSONText) {
        // What was signed here is readable; anything else is as good as a wrong signature.
        guard let members = try? text.object(), let id = members["i"]?.stringValue,
            let end = members["e"]?.int64Value, let bearer = Bearer(members)
        else { return nil }
        self.id = id
        self.bearer = bearer
        expiresAt = Date(milliseconds: end)
        if let id = members["s"]?.stringValue, let end = members["f"]?.int64Value {
            session = BrowserSession(id: id, expiresAt: Date(milliseconds: end))
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("i", id)
            writer.member("e", expiresAt.milliseconds)
            if let session {
                writer.member("s", session.id)
                writer.member("f", session.expiresAt.milliseconds)
            }
            bearer.write(to: &writer)
        }
    }
}

extension Pass.Bearer {
    fileprivate init?(_ members: JSONObject) {
        if let text = members["k"]?.stringValue {
            guard let id = JobID(text) else { return nil }
            self = .key(id)
            return
        }
        guard let tenant = members["t"]?.nameValue else {
            self = .anyone
            return
        }
        guard let subject = members["u"]?.stringValue, let mark = members["m"]?.stringValue,
            let end = members["x"]?.int64Value
        else { return nil }
        // Only an array of texts was written there.
        let projects = members["p"].flatMap { try? $0.elements() }.map { Set($0.compactMap(\.nameValue)) }
        self = .token(
            Principal(
                credential: .token(subject: subject, signedBy: mark),
                name: members["n"]?.stringValue,
                expiresAt: Date(milliseconds: end),
                scope: .tenant(tenant, projects: projects),
                scopes: APIKey.scopes(stored: members["c"]?.stringValue ?? "")
            )
        )
    }

    fileprivate func write(to writer: inout JSONWriter) {
        switch self {
        case .anyone: break
        case .key(let id): writer.member("k", id.description)
        case .token(let principal):
            guard case .token(let subject, let mark) = principal.credential else { return }
            writer.member("u", subject)
            writer.member("m", mark)
            writer.member("x", principal.expiresAt?.milliseconds ?? 0)
            writer.memberIfPresent("n", principal.name)
            writer.member("t", principal.scope.tenantId)
            if case .tenant(_, let projects?) = principal.scope {
                writer.member("p", projects.sorted())
            }
            writer.member("c", principal.scopes.sorted().map(\.rawValue).joined(separator: " "))
        }
    }
}
#endif
