/// How a run ended, to be recorded.
public struct Settlement: Sendable, Equatable {
    /// The ends a run can have.
    public enum Outcome: Sendable, Equatable {
        /// It did what it should.
        case complete(JobResult)
        /// It failed; run it again after the delay while the budget lasts, or never when the delay is nil.
        case fail(JobFailure, retryAfter: Duration?)
        /// It asked to be run again after a while; not charged.
        case snooze(Duration)
        /// Its worker gives it back after a while; not charged.
        case release(after: Duration)
        /// It was cancelled, and its handler has really stopped.
        case acknowledgeCancel
    }

    /// The right to write.
    public var lease: JobLease
    /// How the run ended.
    public var outcome: Outcome
    /// What it reported last, written before the end.
    public var report: RunReport?
    /// Jobs to submit for the same tenant in the same transaction; none of them when the settle is fenced off.
    public var followUps: [NewJob]

    /// Creates a settlement.
    public init(lease: JobLease, outcome: Outcome, report: RunReport? = nil, followUps: [NewJob] = []) {
        self.lease = lease
        self.outcome = outcome
        self.report = report
        self.followUps = followUps
    }
}

/// What a completed run leaves.
public struct JobResult: Sendable, Equatable {
    /// The output, where it is kept inline, at most 256 KiB.
    public var value: JSONText?
    /// Where the output is kept; nil when there is none.
    public var type: ResultType?
    /// Its place, where it is not inline.
    public var location: String?
    /// The files it made, the output among them.
    public var files: [JobFile]

    /// Creates a result that is kept inline, or none.
    public init(_ value: JSONText? = nil, files: [JobFile] = []) {
        self.value = value
        self.type = value == nil ? nil : .inline
        self.files = files
    }

    /// Creates a result that is kept elsewhere.
    public init(type: ResultType, location: String, value: JSONText? = nil, files: [JobFile] = []) {
        self.value = value
        self.type = type
        self.location = location
        self.files = files
    }
}

/// What became of a settlement.
public enum SettleResult: Sendable, Equatable {
    /// It took effect, and the job now has this status.
    case applied(JobStatus)
    /// Another claim, or none, holds the job; nothing was written. The job's status where it still exists.
    case fenced(currentStatus: JobStatus?)
    /// A follow-up was refused; nothing was written, and the run should be failed with this reason.
    case refused(JobStoreError)

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public static func == (left: SettleResult, right: SettleResult) -> Bool {
        switch (left, right) {
        case (.applied(let left), .applied(let right)): left == right
        case (.fenced(let left), .fenced(let right)): left == right
        case (.refused(let left), .refused(let right)): left.code == right.code
        default: false
        }
    }
}
