/// What a credential may be used for; OAuth's word for it (RFC 6749, 3.3).
///
/// Where it may be used is a ``Scope``: a tenant, and perhaps some projects.
public enum AccessScope: String, Sendable, Hashable, CaseIterable, Comparable {
    /// Look at jobs, results, files, datasets, queues, workers and streams.
    case jobsRead = "jobs:read"
    /// Submit jobs and send the files they use.
    case jobsWrite = "jobs:write"
    /// Cancel, retry and delete jobs and datasets.
    case jobsOperate = "jobs:operate"
    /// Pause and resume queues, which all tenants share.
    case queuesOperate = "queues:operate"
    /// Change schedules.
    case schedulesWrite = "schedules:write"
    /// Change webhooks.
    case webhooksWrite = "webhooks:write"
    /// Run jobs as an external worker, and nothing else.
    case worker
    /// Manage keys, and say in whose name a job is submitted; includes everything that stays within a tenant.
    case admin

    /// Whether it reaches beyond the tenant of its credential, so that ``admin`` does not include it.
    public var isInstallationWide: Bool { self == .queuesOperate || self == .worker }

    /// Orders scopes by their name.
    public static func < (left: AccessScope, right: AccessScope) -> Bool { left.rawValue < right.rawValue }
}

extension Set<AccessScope> {
    /// Whether these scopes allow what another one stands for.
    public func allows(_ wanted: AccessScope) -> Bool {
        contains(wanted) || (contains(.admin) && !wanted.isInstallationWide)
    }
}
