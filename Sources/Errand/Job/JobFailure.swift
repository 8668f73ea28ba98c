public import FoundationEssentials

/// Why a job failed, in a form safe to show its user.
public struct JobFailure: Sendable, Hashable {
    /// A short machine-readable word, such as `timeout`, `poison_pill` or a handler's own.
    public var code: String
    /// One sentence for a person, at most 4 KiB.
    public var message: String
    /// More for a program, at most 16 KiB; never a stack trace.
    public var details: JSONText?

    /// Creates a failure.
    public init(code: String, message: String, details: JSONText? = nil) {
        self.code = code
        self.message = message
        self.details = details
    }
}

extension JobFailure {
    /// Codes that Errand itself gives.
    public enum Code {
        /// The handler threw an error that names no code of its own.
        public static let failed = "failed"
        /// The run took longer than its timeout.
        public static let timeout = "timeout"
        /// Three workers in a row died while they ran the job.
        public static let poisonPill = "poison_pill"
        /// The handler could not decode the payload.
        public static let undecodablePayload = "undecodable_payload"
        /// The run ended with a result that is not as the type's schema wants it.
        public static let invalidResult = "invalid_result"
        /// A job named in `after` failed or was cancelled.
        public static let dependencyFailed = "dependency_failed"
        /// A tracked job was not updated for its `staleAfterSeconds`.
        public static let stale = "stale"
        /// Somebody cancelled the job and gave a reason.
        public static let cancelled = "cancelled"
        /// What is stored of the job makes no sense, so it was put out of the way of the others.
        public static let corruptRow = "corrupt_row"
        /// The worker died or lost its lease.
        public static let lost = "lost"
    }
}

/// One run of a job that did not complete; a job keeps the first and the last nine.
public struct RunRecord: Sendable, Hashable {
    /// How the run ended.
    public enum Outcome: String, Sendable, Hashable, CaseIterable {
        /// The handler threw, timed out or could not start.
        case failed
        /// The worker died or was cut off; not charged.
        case lost
        /// The worker gave the job back at shutdown; not charged.
        case released
        /// The handler asked to be run later; not charged.
        case snoozed
        /// The job was cancelled while it ran.
        case cancelled
    }

    /// The attempt's number, from 1; an uncharged run's number is given again to the next run.
    public var attempt: Int
    /// The run's fence.
    public var fence: Int64
    /// When the run was claimed.
    public var startedAt: Date
    /// When it ended.
    public var endedAt: Date
    /// How it ended.
    public var outcome: Outcome
    /// The failure's code, where there was one.
    public var code: String?
    /// The failure's message, where there was one.
    public var message: String?
    /// Who ran it.
    public var workerId: Name?

    /// Creates a record of one run.
    package init(
        attempt: Int,
        fence: Int64,
        startedAt: Date,
        endedAt: Date,
        outcome: Outcome,
        failure: JobFailure? = nil,
        workerId: Name?
    ) {
        self.attempt = attempt
        self.fence = fence
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.outcome = outcome
        self.code = failure?.code
        self.message = failure?.message
        self.workerId = workerId
    }
}

extension [RunRecord] {
    /// Adds a record, keeping the first and the last nine.
    package mutating func record(_ run: RunRecord) {
        append(run)
        if count > 10 { remove(at: 1) }
    }
}
