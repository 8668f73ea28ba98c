public import FoundationEssentials

/// The right to write to a running job: which job, and the fence the claim was given.
public struct JobLease: Sendable, Hashable {
    /// The job.
    public var id: JobID
    /// The job's number in its store.
    public var number: Int64
    /// The claim's fence; a store refuses writes that carry another than the job's.
    public var fence: Int64

    /// Creates a lease, as a store does when it hands out a job.
    public init(id: JobID, number: Int64, fence: Int64) {
        self.id = id
        self.number = number
        self.fence = fence
    }
}

/// Who claims, and what.
public struct ClaimRequest: Sendable, Hashable {
    /// What kind of worker holds the lease.
    public enum WorkerKind: Sendable, Hashable {
        /// Runs in a process of Errand; its leases are void when an embedded store is opened again.
        case process
        /// Speaks HTTP from elsewhere, and lives on when the server restarts.
        case session
    }

    /// The worker's identifier, random for every start.
    public var worker: Name
    /// What kind of worker it is.
    public var kind: WorkerKind
    /// The queues to take from; nil is all.
    public var queues: [Name]?
    /// The types the worker knows; jobs of other types are left alone.
    public var types: [Name]
    /// How many jobs at most.
    public var limit: Int
    /// For how long the claims hold unless renewed.
    public var lease: Duration
    /// Whose jobs to take; those of all tenants unless told otherwise.
    public var scope = Scope.system
    /// How many jobs of one tenant may run at once, over all queues but Errand's own; nil is any number.
    ///
    /// Holds for each claim by itself: it is for all who claim from a store to ask for the same.
    public var runningJobsPerTenant: Int?

    /// Creates a request.
    public init(
        worker: Name,
        kind: WorkerKind = .process,
        queues: [Name]? = nil,
        types: [Name],
        limit: Int,
        lease: Duration
    ) {
        self.worker = worker
        self.kind = kind
        self.queues = queues
        self.types = types
        self.limit = limit
        self.lease = lease
    }
}

extension ClaimRequest {
    /// The one tenant whose jobs it takes; nil takes everybody's.
    package var tenantId: Name? { scope.tenantId }

    /// The only projects it takes jobs of; nil takes the jobs of all, and those without one.
    package var projects: Set<Name>? {
        guard case .tenant(_, let projects) = scope else { return nil }
        return projects
    }

    /// Whether there may be something for the request where something changed.
    package func mayTake(from changedQueues: Set<Name>) -> Bool {
        queues.map { !changedQueues.isDisjoint(with: $0) } ?? !changedQueues.isEmpty
    }
}

/// What a claim brought.
public struct Claim: Sendable {
    /// The jobs, in the order they should be run.
    public var jobs: [ClaimedJob]
    /// How long until time alone may bring more of the asked queues and types; nil when it brings nothing.
    ///
    /// Then the next job falls due, or a window ends where nothing but a rate limit holds jobs back. Where a tenant's
    /// jobs are held back because as many run as may, it is time to look again.
    public var nextDue: Duration?

    /// Creates a claim's answer.
    public init(jobs: [ClaimedJob], nextDue: Duration?) {
        self.jobs = jobs
        self.nextDue = nextDue
    }
}

/// What a worker needs to know of a job it runs.
public struct ClaimedJob: Sendable, Hashable {
    /// The right to write to it.
    public var lease: JobLease
    /// The handler's key.
    public var type: Name
    /// The lane it waited in.
    public var queue: Name
    /// Whose job it is.
    public var tenantId: Name?
    /// The project within the tenant.
    public var projectId: Name?
    /// Which charged run this is, from 1.
    public var attempt: Int
    /// The budget of charged runs.
    public var maxAttempts: Int
    /// How many runs before this one ended because the worker died.
    public var lostCount: Int
    /// The input.
    public var payload: JSONText
    /// What an earlier run left.
    public var checkpoint: JSONText?
    /// How long the run may take, in seconds.
    public var timeoutSeconds: Int?
    /// The submitter's W3C trace context.
    public var traceparent: String?
    /// Who submitted it.
    public var createdBy: String?
    /// When it was stored.
    public var createdAt: Date
    /// When it fell due.
    public var runAt: Date

    /// Creates the worker's view of a job.
    public init(
        lease: JobLease,
        type: Name,
        queue: Name,
        payload: JSONText,
        createdAt: Date,
        runAt: Date
    ) {
        self.lease = lease
        self.type = type
        self.queue = queue
        self.payload = payload
        self.createdAt = createdAt
        self.runAt = runAt
        attempt = 1
        maxAttempts = 1
        lostCount = 0
    }
}

/// What became of a lease that was to be renewed.
public enum LeaseRenewal: Sendable, Hashable {
    /// It holds for the time asked.
    case renewed
    /// The job was cancelled: stop, and acknowledge.
    case cancelled
    /// The lease ran out, or the job is gone: stop, and write nothing more.
    case lost
}
