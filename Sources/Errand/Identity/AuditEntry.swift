public import FoundationEssentials

/// That somebody changed the installation, or jobs that may be others'.
public struct AuditEntry: Sendable, Hashable {
    /// Its place in the order in which entries were made; 0 until it is stored.
    public var number: Int64 = 0
    /// When.
    public var at: Date
    /// The tenant whose credential it was; nil for one of the whole installation.
    public var tenantId: Name?
    /// The credential, such as `key:` and its identifier; `anyone` where nobody is asked for one.
    public var actor: String
    /// What somebody called the credential.
    public var actorName: String?
    /// What was done: the operation's name in the API, such as `cancelJob`.
    public var operation: String
    /// To what: the path of the request.
    public var target: String
    /// Names the request in the server's log.
    public var requestId: String

    /// Describes what was done.
    public init(
        at: Date,
        tenantId: Name?,
        actor: String,
        actorName: String? = nil,
        operation: String,
        target: String,
        requestId: String
    ) {
        self.at = at
        self.tenantId = tenantId
        self.actor = actor
        self.actorName = actorName
        self.operation = operation
        self.target = target
        self.requestId = requestId
    }
}

/// Which entries are asked for; nil is any.
public struct AuditFilter: Sendable, Hashable {
    /// Whose credential it was.
    public var actor: String?
    /// What was done.
    public var operation: String?
    /// At this time or later.
    public var after: Moment?
    /// Before this time.
    public var before: Moment?

    /// Asks for all.
    public init() {}

    /// Whether an entry is asked for.
    public func includes(_ entry: AuditEntry) -> Bool {
        (actor.map { Name($0) == Name(entry.actor) } ?? true)
            && (operation.map { Name($0) == Name(entry.operation) } ?? true)
            && (after.map { $0.date <= entry.at } ?? true) && (before.map { entry.at < $0.date } ?? true)
    }
}

/// Where it is kept who did what, beside the jobs; nothing of it is ever changed.
public protocol AuditStore: Sendable {
    /// Adds an entry after all others.
    func append(_ entry: AuditEntry) async throws(JobStoreError)

    /// Lists entries of the scope's tenant, newest first; ``Scope/system`` has all.
    ///
    /// A scope that is limited to projects has none: what was done need not have been within them.
    func audit(_ filter: AuditFilter, page: PageRequest, scope: Scope) async throws(JobStoreError) -> [AuditEntry]
}
