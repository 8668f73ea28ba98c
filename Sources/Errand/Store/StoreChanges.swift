/// What a subscriber wants to hear of.
public struct ChangeInterest: OptionSet, Sendable, Hashable {
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public let rawValue: UInt8
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Queues in which jobs may have become claimable.
    public static let wakeUps = ChangeInterest(rawValue: 1)
    /// Runs whose lease was taken away by a cancel.
    public static let revocations = ChangeInterest(rawValue: 2)
    /// Jobs that changed visibly.
    public static let jobs = ChangeInterest(rawValue: 4)
}

/// That a job changed; its state is to be read, not guessed from this.
public struct JobChange: Sendable, Hashable {
    /// The job.
    public var id: JobID
    /// Whose it is.
    public var tenantId: Name?
    /// The project within the tenant.
    public var projectId: Name?
    /// The job's revision after the change; nil when it was deleted.
    public var rev: Int64?

    /// Creates a change.
    public init(id: JobID, tenantId: Name?, projectId: Name?, rev: Int64?) {
        self.id = id
        self.tenantId = tenantId
        self.projectId = projectId
        self.rev = rev
    }
}

/// The only jobs whose changes somebody wants to hear of.
public enum WatchedJobs: Sendable, Hashable {
    /// One job.
    case job(JobID)
    /// All jobs of a tenant.
    case tenant(Name)
}

/// Everything that changed since the subscriber last looked, merged.
public struct StoreChanges: Sendable, Hashable {
    /// Queues in which jobs may have become claimable.
    public var queues: Set<Name> = []
    /// Runs whose lease was taken away.
    public var revoked: Set<JobLease> = []
    /// The last change of each changed job.
    public var jobs: [JobID: JobChange] = [:]
    /// More jobs changed than are remembered for a slow subscriber: read again what you care about.
    public var isIncomplete = false

    /// Creates no change.
    public init() {}

    /// Whether nothing changed.
    public var isEmpty: Bool { queues.isEmpty && revoked.isEmpty && jobs.isEmpty && !isIncomplete }

    /// Adds what changed after this.
    package mutating func merge(_ other: StoreChanges) {
        if !other.queues.isEmpty { queues.formUnion(other.queues) }
        if !other.revoked.isEmpty { revoked.formUnion(other.revoked) }
        if !other.jobs.isEmpty { jobs.merge(other.jobs) { _, new in new } }
        isIncomplete = isIncomplete || other.isIncomplete
    }

    mutating func merge(_ other: StoreChanges, interest: ChangeInterest, capacity: Int) {
        if interest.contains(.wakeUps) { queues.formUnion(other.queues) }
        if interest.contains(.revocations) { revoked.formUnion(other.revoked) }
        guard interest.contains(.jobs), !isIncomplete || !other.jobs.isEmpty else { return }
        jobs.merge(other.jobs) { _, new in new }
        isIncomplete = isIncomplete || other.isIncomplete
        if jobs.count > capacity {
            jobs.removeAll()
            isIncomplete = true
        }
    }
}
