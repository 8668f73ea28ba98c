/// Who asks: every call that reads or operates a job carries it, and a store answers as if nothing else existed.
public enum Scope: Sendable, Hashable {
    /// The operator of the installation: sees and submits everything, jobs without a tenant among it.
    case system
    /// One tenant, perhaps limited to some of its projects; nil is all of them and the jobs without one.
    case tenant(Name, projects: Set<Name>? = nil)

    /// The tenant of an installation without authentication.
    public static let `default` = Scope.tenant("default")

    /// The tenant that jobs submitted under this scope belong to.
    public var tenantId: Name? {
        switch self {
        case .system: nil
        case .tenant(let id, _): id
        }
    }

    /// Whether a job of this tenant and project may be seen and operated.
    public func includes(tenantId: Name?, projectId: Name?) -> Bool {
        switch self {
        case .system: true
        case .tenant(let id, nil): tenantId == id
        case .tenant(let id, let projects?): tenantId == id && projectId.map(projects.contains) ?? false
        }
    }

    /// Whether a job may be seen and operated.
    public func includes(_ job: Job) -> Bool { includes(tenantId: job.tenantId, projectId: job.projectId) }
}
