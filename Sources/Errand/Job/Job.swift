public import FoundationEssentials

/// One durable record of one piece of work.
public struct Job: Sendable, Equatable {
    /// Identifies the job everywhere; sorts by time.
    public var id: JobID
    /// A short number for people, unique in its store, growing in the order of submission.
    public var number: Int64
    /// The handler's key.
    public var type: Name
    /// The lane it waits in.
    public var queue: Name
    /// Whose job it is; nil is the system's own.
    public var tenantId: Name?
    /// The project within the tenant.
    public var projectId: Name?
    /// The project's name, for people.
    public var projectName: String?
    /// Where it is in its life.
    public var status: JobStatus
    /// Lower runs first.
    public var priority: Int16
    /// Not to be run before.
    public var runAt: Date
    /// The jobs that must be completed first, at most 100.
    public var after: [JobID]
    /// How many charged runs the present budget has had, the current one included.
    public var attempt: Int
    /// The budget of charged runs.
    public var maxAttempts: Int
    /// How many runs in a row ended because the worker died.
    public var lostCount: Int
    /// 0 to 100; nil until first reported, and again at a claim.
    public var progress: Int?
    /// What the handler says about its progress, at most 1 KiB.
    public var progressMessage: String?
    /// The input, a JSON object of at most 256 KiB.
    public var payload: JSONText
    /// What the handler shows while it works, an object of at most 64 KiB.
    public var data: JSONText?
    /// For the server side only, an object of at most 64 KiB: no API, log or page shows it.
    public var internalData: JSONText?
    /// The submitter's own object of at most 64 KiB; `tags` in it, an array of strings, is searchable.
    public var metadata: JSONText
    /// The output, where it is kept inline.
    public var result: JSONText?
    /// Where the output is kept; nil until there is one.
    public var resultType: ResultType?
    /// The output's place, where it is not inline.
    public var resultLocation: String?
    /// Why it failed, safe to show a user, at most 4 KiB.
    public var error: String?
    /// Why it failed, for a program.
    public var failure: JobFailure?
    /// The runs that did not complete: the first and the last nine.
    public var errors: [RunRecord]
    /// When it was stored.
    public var createdAt: Date
    /// When it last changed visibly.
    public var updatedAt: Date
    /// When the current run was claimed.
    public var startedAt: Date?
    /// When it ended.
    public var completedAt: Date?
    /// When the record may be deleted, in seconds since 1970.
    public var recordExpiresAt: Int64?
    /// Whether ``recordExpiresAt`` was given by the submitter, and so never moves.
    public var isExpiryFixed: Bool
    /// Who submitted it.
    public var createdBy: String?
    /// The submitter's name, for people.
    public var createdByName: String?
    /// At most one queued or running job of a type and tenant has it.
    public var uniqueKey: Name?
    /// How long one run may take, in seconds.
    public var timeoutSeconds: Int?
    /// The submitter's W3C trace context.
    public var traceparent: String?
    /// Grows with every visible change.
    public var rev: Int64
    /// Grows with every claim, cancel, reap and retry; a worker's writes carry it.
    public var fence: Int64
    /// Who runs it, or ran it last.
    public var workerId: Name?
    /// Until when the claim holds, on the store's steady clock; kept after a cancel until the worker acknowledges it.
    public var leaseEnd: Duration?
    /// The cancelled run that may still be at work; nil when there is none, or its time to stop is known to be over.
    public var stopping: StoppingRun?
    /// The handler's own mark of how far it came, at most 256 KiB.
    public var checkpoint: JSONText?
    /// When the handler of a cancelled run really stopped.
    public var cancelAcknowledgedAt: Date?
    /// How many jobs named in ``after`` are not completed yet.
    public var blockedBy: Int
    /// How something else that runs the job reports on it; nil for a job that workers claim.
    public var tracking: Tracking?
    /// Whether the job's queue is paused; filled in by the store when it reads.
    public var isQueuePaused: Bool
}

/// Where a job's output is kept.
public enum ResultType: String, Sendable, Hashable, CaseIterable {
    /// In the record itself.
    case inline = "INLINE"
    /// In an S3 bucket.
    case s3 = "S3"
    /// At a URL, a link of the local object store among them.
    case url = "URL"
}

/// Marks a job that something other than Errand's workers runs and reports on.
public struct Tracking: Sendable, Hashable {
    /// Fail the job with code `stale` when it was not updated for this long, in seconds; nil is never.
    public var staleAfterSeconds: Int?

    /// Creates the mark.
    public init(staleAfterSeconds: Int? = nil) { self.staleAfterSeconds = staleAfterSeconds }
}

extension Job {
    /// Why it is not running, or that it is; nil for an ended job.
    ///
    /// - Parameter now: The wall clock, which decides whether ``runAt`` has come.
    /// - Returns: The reason, or nil.
    public func substate(at now: Date) -> JobSubstate? {
        switch status {
        case .completed, .failed, .cancelled: nil
        case .running: .executing
        case .queued where blockedBy > 0: .blocked
        case .queued where stopping != nil: .stopping
        case .queued where runAt > now: attempt > 0 ? .retrying : .scheduled
        case .queued: isQueuePaused ? .paused : .ready
        }
    }

    /// The values of `metadata.tags`, when that is an array of strings.
    public var tags: [String] {
        // Stored metadata is valid; a submitter may still have put something else under the name.
        guard let elements = try? metadata.object()["tags"]?.elements() else { return [] }
        return elements.compactMap(\.stringValue)
    }
}
