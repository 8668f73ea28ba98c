public import FoundationEssentials
public import Logging

/// What a handler knows of the job it runs, and what it can say about it.
///
/// Progress, data and log lines are collected and written together for all running jobs, so that they cost a handler
/// next to nothing; ``checkpoint(_:)-(JSONText)`` is written at once. All of it is refused by the store when the run
/// has lost its lease, so a stale run cannot disturb the one after it.
public struct JobContext: Sendable {
    let run: JobRun

    init(run: JobRun) { self.run = run }

    /// The job as it was claimed.
    public var job: ClaimedJob { run.job }
    /// The job's identifier.
    public var id: JobID { run.job.lease.id }
    /// The job's short number.
    public var number: Int64 { run.job.lease.number }
    /// The handler's key.
    public var type: Name { run.job.type }
    /// The lane the job waited in.
    public var queue: Name { run.job.queue }
    /// Whose job it is.
    public var tenantId: Name? { run.job.tenantId }
    /// The project within the tenant.
    public var projectId: Name? { run.job.projectId }
    /// The input, as it was submitted.
    public var payload: JSONText { run.job.payload }
    /// Which charged run this is, from 1.
    public var attempt: Int { run.job.attempt }
    /// The budget of charged runs.
    public var maxAttempts: Int { run.job.maxAttempts }
    /// How many runs before this one ended because the worker died.
    public var lostCount: Int { run.job.lostCount }
    /// Who submitted the job.
    public var createdBy: String? { run.job.createdBy }
    /// When the job was stored.
    public var createdAt: Date { run.job.createdAt }
    /// When the job fell due.
    public var runAt: Date { run.job.runAt }

    /// The right to write for this run, for stores that write beside the job.
    public var lease: JobLease { run.job.lease }
    /// Grows with every run: give it to what you change elsewhere, which can then refuse an older one.
    public var fence: Int64 { run.job.lease.fence }

    /// The same for every run of this job, and for no other job: give it to a service that refuses duplicates.
    ///
    /// An accepted job runs at least once, so an effect elsewhere may be asked for twice. A payment service that takes
    /// an idempotency key does it once when every attempt gives the same one; that is why the attempt is not in it.
    public var idempotencyToken: String { "errand:\(id)" }

    /// Whether the run should stop: the job was cancelled, timed out or lost its lease, or the worker stops.
    ///
    /// The handler's task is cancelled too, so code that checks for cancellation needs no more.
    public var isCancelled: Bool { run.isRevoked || Task.isCancelled }

    /// A logger with the job's facts, made when it is asked for.
    public var logger: Logger {
        var logger = run.engine.options.logger
        logger[metadataKey: "job_id"] = "\(id)"
        logger[metadataKey: "job_type"] = "\(type)"
        logger[metadataKey: "attempt"] = "\(attempt)"
        return logger
    }
}
