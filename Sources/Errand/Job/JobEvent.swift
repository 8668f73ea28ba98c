/// What can happen to a job.
public enum JobEvent: Sendable, Equatable {
    /// A worker takes it, under a lease that ends at the steady time.
    case claim(worker: Name, leaseEnd: Duration)
    /// Its run reports; log lines are kept apart from the job and change nothing here.
    case report(RunReport)
    /// Its run ends.
    case settle(Settlement)
    /// Its lease ran out, or its worker is known to be dead.
    case reap
    /// Somebody cancels it.
    case cancel(reason: String?)
    /// Somebody gives it a new life, in which it waits for so many of the jobs in `after`; see ``Standing``.
    case retry(runAt: Moment?, waitingFor: Int = 0)
    /// Somebody changes how it waits.
    case amend(JobAmendment)
    /// Something else that runs it reports.
    case update(TrackedUpdate)
    /// It is tracked, and was not updated for too long.
    case goStale
    /// One of the jobs it waits for was completed.
    case dependencyCompleted
    /// One of the jobs it waits for failed or was cancelled.
    case dependencyFailed(JobID)
    /// A submit with the same unique key says anew what is to be done.
    case replace(NewJob)
}

/// Why an event does not apply to a job as it is.
public struct TransitionRefusal: Error, Sendable, Hashable {
    /// The kinds of refusal.
    public enum Reason: Sendable, Hashable {
        /// The fence is not the job's.
        case fenced
        /// The status does not allow it.
        case status
        /// It cannot run now: not due, blocked, tracked, or in a paused queue.
        case notClaimable
        /// The lease still holds.
        case leaseHolds
        /// It is for tracked jobs only, or for worker jobs only.
        case wrongKind
        /// A result is there already.
        case hasResult
        /// The record would grow beyond what is kept.
        case oversize
        /// It would wait for other jobs than it does.
        case dependencies
        /// Its cancelled run may still be at work.
        case stopping
    }

    /// What kind of refusal it is.
    public let reason: Reason
    /// The job's status.
    public let status: JobStatus

    /// Creates a refusal.
    public init(_ reason: Reason, status: JobStatus) {
        self.reason = reason
        self.status = status
    }
}

/// What a store adds to the transitions: how long ended records stay, and how long runs may take to stop.
public struct JobRules: Sendable, Hashable {
    /// How long the record of a worker job stays after its end, and that of a tracked job after its creation.
    public var retention: Duration
    /// How long a cancelled run may hold what it has while it stops.
    public var stopping: StoppingTimes

    /// Creates rules; the retention is 7 days unless said otherwise.
    public init(retention: Duration = .seconds(7 * 86400), stopping: StoppingTimes = StoppingTimes()) {
        (self.retention, self.stopping) = (retention, stopping)
    }
}
