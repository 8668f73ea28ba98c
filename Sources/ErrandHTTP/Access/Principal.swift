#if Server
public import Errand
public import FoundationEssentials

/// Who asks: what a credential stands for.
public struct Principal: Sendable, Hashable {
    /// What the credential is.
    public enum Credential: Sendable, Hashable {
        /// None was asked for.
        case none
        /// An API key.
        case key(JobID)
        /// A JSON Web Token: whom its issuer calls so, and a mark of the key that signed it.
        case token(subject: String, signedBy: String)
    }

    /// The credential.
    public var credential: Credential
    /// What somebody called it; nil where there is none.
    public var name: String?
    /// When it ends by itself; nil when it does not.
    public var expiresAt: Date?
    /// Where it may be used; everything is answered within it.
    public var scope: Scope
    /// What it may be used for.
    public var scopes: Set<AccessScope>

    /// Whoever reaches a server that asks for no credential: the operator of this machine, and its only tenant.
    public static let anyone = Principal(
        credential: .none,
        scope: .default,
        scopes: Set(AccessScope.allCases)
    )

    /// Whoever has not shown a credential where one is asked for: nothing is theirs, and they may do nothing.
    public static let nobody = Principal(credential: .none, scope: .tenant("", projects: []), scopes: [])

    /// The scope within which it may make credentials for others.
    var reach: Scope { self == .anyone ? .system : scope }

    /// Whether it may give a scope to another credential: only what it has itself.
    func mayGrant(_ wanted: AccessScope) -> Bool { scopes.allows(wanted) }
}

extension Principal {
    init(_ key: APIKey) {
        self.init(
            credential: .key(key.id),
            name: key.name,
            expiresAt: key.expiresAt,
            scope: key.scope,
            scopes: key.scopes
        )
    }

    /// Names it where a job says by whom it was submitted; nil where nobody was asked.
    var jobCreator: String? {
        switch credential {
        case .none: nil
        case .key(let id): "key:\(id)"
        case .token(let subject, _): subject
        }
    }
}
#endif
