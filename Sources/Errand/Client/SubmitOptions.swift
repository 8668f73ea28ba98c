/// What a submitter may say beside a type and a payload; what is nil is the type's default.
public struct SubmitOptions: Sendable {
    /// The submitter's own version 7 identifier: submitting again with the same one is a replay.
    public var id: JobID?
    /// The queue to wait in.
    public var queue: Name?
    /// Lower runs first.
    public var priority: Int16
    /// Not to be run before.
    public var delayUntil: Moment?
    /// Jobs that must be completed first.
    public var after: [JobID] = []
    /// The budget of charged runs.
    public var maxAttempts: Int?
    /// How long one run may take.
    public var timeout: Duration?
    /// At most one queued or running job of the type and tenant has it.
    public var uniqueKey: Name?
    /// What to do when one has.
    public var onConflict: NewJob.ConflictPolicy = .return
    /// Not to be run before so many seconds have passed; instead of ``delayUntil``.
    public var delaySeconds: Int?
    /// The project within the tenant.
    public var projectId: Name?
    /// The project's name, for people.
    public var projectName: String?
    /// Who submits.
    public var createdBy: String?
    /// The submitter's name, for people.
    public var createdByName: String?
    /// The submitter's own object; `tags` in it is searchable.
    public var metadata: JSONText = .emptyObject

    /// Creates options; set what else should hold.
    ///
    /// - Parameters:
    ///   - delayUntil: Not to be run before.
    ///   - priority: Lower runs first.
    public init(delayUntil: Moment? = nil, priority: Int16 = 0) {
        self.delayUntil = delayUntil
        self.priority = priority
    }

    /// A new job of a type: the type's defaults, and these options over them.
    public func job(of type: JobType, payload: JSONText) -> NewJob {
        var job = type.job(payload: payload)
        job.id = id
        job.queue = queue ?? job.queue
        job.priority = priority
        job.runAt = delayUntil
        job.delaySeconds = delaySeconds
        job.after = after
        job.maxAttempts = maxAttempts ?? job.maxAttempts
        job.timeoutSeconds = timeout?.secondsFromOne ?? job.timeoutSeconds
        job.uniqueKey = uniqueKey
        job.onConflict = onConflict
        job.projectId = projectId
        job.projectName = projectName
        job.createdBy = createdBy
        job.createdByName = createdByName
        job.metadata = metadata
        return job
    }

    /// The same, with a note of what was said where an id is given: the type's defaults may be others next time.
    func request(of type: JobType, payload: JSONText) -> NewJob {
        var job = job(of: type, payload: payload)
        guard id != nil else { return job }
        var unsaid: NewJob.Unsaid = []
        if queue == nil { unsaid.insert(.queue) }
        if maxAttempts == nil { unsaid.insert(.maxAttempts) }
        if timeout == nil { unsaid.insert(.timeoutSeconds) }
        job.request = NewJob.Request(said: job.said(leavingOut: unsaid))
        return job
    }
}
