package import FoundationEssentials

/// What a submitter says about a job; the store adds the rest.
public struct NewJob: Sendable, Equatable {
    /// What to do when a queued or running job already has the unique key.
    public enum ConflictPolicy: String, Sendable, Hashable, CaseIterable {
        /// Answer with the existing job.
        case `return`
        /// Refuse with ``JobStoreError/Code/uniqueConflict``.
        case reject
        /// Make everything the submit says the existing job's while it is queued; refuse once it runs.
        case replace
    }

    /// The submitter's own version 7 identifier; made by the store when nil.
    ///
    /// The same id with the same content again is a replay and answers with the existing job.
    public var id: JobID?
    /// The handler's key, 1 to 200 bytes.
    public var type: Name
    /// The lane to wait in, 1 to 200 bytes.
    public var queue: Name
    /// The input, a JSON object of at most 256 KiB.
    public var payload: JSONText
    /// The project within the tenant.
    public var projectId: Name?
    /// The project's name, for people.
    public var projectName: String?
    /// Lower runs first.
    public var priority: Int16
    /// Not to be run before; now when nil.
    public var runAt: Moment?
    /// Not to be run before so many seconds have passed since it was stored; instead of ``runAt``.
    ///
    /// A submit that is sent again says the same with it, where a time that was worked out anew would say another.
    public var delaySeconds: Int?
    /// At most 100 jobs of the same scope that must be completed first.
    public var after: [JobID]
    /// The budget of charged runs, at least 1.
    public var maxAttempts: Int
    /// How long one run may take, in seconds.
    public var timeoutSeconds: Int?
    /// At most one queued or running job of a type and tenant has it.
    public var uniqueKey: Name?
    /// What to do when one has.
    public var onConflict: ConflictPolicy
    /// The submitter's own object.
    public var metadata: JSONText
    /// What to show from the start; for tracked jobs.
    public var data: JSONText?
    /// For the server side only.
    public var internalData: JSONText?
    /// When the record may be deleted, in seconds since 1970; by the store's retention when nil.
    public var recordExpiresAt: Int64?
    /// Who submits it.
    public var createdBy: String?
    /// The submitter's name, for people.
    public var createdByName: String?
    /// The submitter's W3C trace context.
    public var traceparent: String?
    /// The uploads it uses, which then live as long as its record; refused as `invalid` when one is not the scope's.
    public var uploads: [JobID]
    /// An address of its own that hears of its end; a submit that finds the job already there adds none.
    public var webhook: JobWebhook?
    /// Set for a job that something else runs: workers never claim it.
    public var tracking: Tracking?
    /// Whether a tracked job starts out as running.
    public var startsRunning: Bool
    /// What its request said beside it; by this a repetition is known.
    package var request: Request?

    /// Creates a job to be run by a worker as soon as possible; set what else should hold.
    ///
    /// - Parameters:
    ///   - type: The handler's key.
    ///   - queue: The lane to wait in.
    ///   - payload: The input, a JSON object.
    public init(type: Name, queue: Name = "default", payload: JSONText = .emptyObject) {
        self.type = type
        self.queue = queue
        self.payload = payload
        priority = 0
        after = []
        uploads = []
        maxAttempts = 3
        onConflict = .return
        metadata = .emptyObject
        startsRunning = false
    }
}

extension NewJob {
    /// When a job that is stored at a time falls due, to the millisecond.
    package func dueAt(storedAt now: Date) -> Date {
        if let runAt { return runAt.date }
        return delaySeconds.map { now.later(by: .seconds($0)) } ?? now.wholeMilliseconds
    }
}
