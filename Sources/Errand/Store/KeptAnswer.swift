public import FoundationEssentials

/// What a submit with an id was answered with where no record of its own says so, or that a request with several jobs
/// was made; kept for a day.
///
/// A submit whose unique key another job has makes no job. So that it is answered with that same job when it comes
/// again, also after that job has ended, the answer is stored in its transaction.
public struct KeptAnswer: Sendable, Equatable {
    /// How long it is kept, in milliseconds.
    package static let lifetime: Int64 = 86_400_000

    /// The submit's id, or the one that the whole request has.
    public var id: JobID
    /// Whose it is; nil is the system's.
    public var tenantId: Name?
    /// By what the same submit is known.
    public var fingerprint: String
    /// The number of the job it was answered with; nil for a request as a whole.
    public var job: Int64?
    /// Whether what it says was made that job's.
    public var isReplacement: Bool
    /// When it was given.
    public var answeredAt: Date

    /// Creates a record.
    public init(
        id: JobID,
        tenantId: Name?,
        fingerprint: String,
        job: Int64?,
        isReplacement: Bool,
        answeredAt: Date
    ) {
        self.id = id
        self.tenantId = tenantId
        self.fingerprint = fingerprint
        self.job = job
        self.isReplacement = isReplacement
        self.answeredAt = answeredAt
    }
}

extension KeptAnswer {
    /// What is to be kept of an answer; nil where the job's own record says it, or the submit had no id.
    package init?(_ answer: InsertedJob, to new: NewJob, tenantId: Name?, at now: Date) {
        guard let id = new.id, answer.outcome == .existing || answer.outcome == .replaced else { return nil }
        self.init(
            id: id,
            tenantId: tenantId,
            fingerprint: new.fingerprint.text,
            job: answer.number,
            isReplacement: answer.outcome == .replaced,
            answeredAt: now
        )
    }

    /// What is to be kept of the request that a job came with; nil where that is not asked for.
    package init?(requestOf new: NewJob, tenantId: Name?, at now: Date) {
        guard let whole = new.request?.whole else { return nil }
        self.init(
            id: whole.id,
            tenantId: tenantId,
            fingerprint: whole.fingerprint.text,
            job: nil,
            isReplacement: false,
            answeredAt: now
        )
    }

    /// What was first answered.
    package var outcome: InsertedJob.Outcome { isReplacement ? .replaced : .existing }

    /// Whether it still counts.
    package func isKept(at now: Date) -> Bool { answeredAt.milliseconds > now.milliseconds - Self.lifetime }

    /// The number of the job that a submit is answered with again.
    ///
    /// - Throws: `idempotencyMismatch` where the id was used for something else.
    package func job(for new: NewJob, tenantId: Name?, at index: Int) throws(JobStoreError) -> Int64 {
        guard let job, self.tenantId == tenantId, new.repeats(fingerprint) else {
            throw .usedID(id, at: index)
        }
        return job
    }

    /// Holds a request as a whole to the one that came under the same id before.
    package func check(_ request: KeptAnswer) throws(JobStoreError) {
        guard job == nil, tenantId == request.tenantId,
            let earlier = SubmitFingerprint(fingerprint), let now = SubmitFingerprint(request.fingerprint),
            earlier.isSame(as: now)
        else { throw .usedRequest(id) }
    }
}
