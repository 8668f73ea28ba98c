public import FoundationEssentials

/// A credential of a program: who it is, what it may do and until when.
///
/// Its secret is known to nobody but its holder.
public struct APIKey: Sendable, Hashable {
    /// The most bytes a name may have.
    public static let nameBytes = 255

    /// Identifies the key, and may be shown; a version 7 UUID.
    public var id: JobID
    /// The part of the secret by which the key is found, and which may be shown; unique in a store.
    public var prefix: String
    /// The SHA-256 of the whole secret, lowercase hexadecimal.
    ///
    /// The secret is 256 random bits, so that a fast hash without a salt keeps it as well as a slow one would.
    public var sha256: String
    /// What somebody called it.
    public var name: String
    /// Where it may be used: a tenant, perhaps some of its projects, or the whole installation.
    public var scope: Scope
    /// What it may be used for.
    public var scopes: Set<AccessScope>
    /// When it was made.
    public var createdAt: Date
    /// From when on it is refused; nil when it does not end by itself.
    public var expiresAt: Date?
    /// When somebody withdrew it.
    public var revokedAt: Date?
    /// When it was last used, to the minute.
    public var usedAt: Date?

    /// Creates the record of a key that was never used.
    public init(
        id: JobID,
        prefix: String,
        sha256: String,
        name: String,
        scope: Scope,
        scopes: Set<AccessScope>,
        createdAt: Date,
        expiresAt: Date? = nil
    ) {
        self.id = id
        self.prefix = prefix
        self.sha256 = sha256
        self.name = name
        self.scope = scope
        self.scopes = scopes
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }

    /// Whether it is neither revoked nor over.
    public func isValid(at now: Date) -> Bool { revokedAt == nil && expiresAt.map { $0 > now } ?? true }
}

/// Where API keys are kept, beside the jobs, and what was spent of the tokens that were made with them.
public protocol APIKeyStore: SpentTokenStore {
    /// Records a key; throws `conflict` when there is one with its id or prefix.
    func insert(_ key: APIKey) async throws(JobStoreError)

    /// Finds a key by the beginning of its secret, whether it is still valid or not; nil when there is none.
    func apiKey(prefix: String) async throws(JobStoreError) -> APIKey?

    /// Finds a key by its identifier, whether it is still valid or not; nil when there is none.
    func apiKey(id: JobID) async throws(JobStoreError) -> APIKey?

    /// Lists the keys of the scope's tenant, newest first, with the revoked and expired ones; ``Scope/system`` has all.
    ///
    /// A scope with projects has the keys that are limited to some of them and to no others.
    func apiKeys(scope: Scope) async throws(JobStoreError) -> [APIKey]

    /// Withdraws a key for good; one that was revoked before stays as it is.
    ///
    /// - Returns: The key.
    /// - Throws: `notFound` when there is none in the scope.
    func revokeAPIKey(_ id: JobID, scope: Scope) async throws(JobStoreError) -> APIKey

    /// Notes that a key was used; nothing happens when there is none, or it was used later.
    func noteUse(ofAPIKey id: JobID, at time: Date) async throws(JobStoreError)
}

extension Scope {
    /// Whether all that another scope reaches lies within this one.
    public func contains(_ other: Scope) -> Bool {
        switch (self, other) {
        case (.system, _): true
        case (.tenant, .system): false
        case (.tenant(let own, nil), .tenant(let tenant, _)): own == tenant
        case (.tenant(let own, let projects?), .tenant(let tenant, let others?)):
            own == tenant && others.isSubset(of: projects)
        case (.tenant(_, .some), .tenant(_, nil)): false
        }
    }
}
