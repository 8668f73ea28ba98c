public import FoundationEssentials

/// What became of one submitted job.
public struct InsertedJob: Sendable, Hashable {
    /// How the job came to be known under this identifier.
    public enum Outcome: Sendable, Hashable {
        /// It is new.
        case inserted
        /// The same submit came before; this is the job that it was answered with, and
        /// ``InsertedJob/firstOutcome`` says how it came to be.
        case replayed
        /// Another job has the unique key; this is that job.
        case existing
        /// Another queued job had the unique key, and what the submit says is that job's now.
        case replaced
    }

    /// The job's identifier.
    public var id: JobID
    /// The job's number.
    public var number: Int64
    /// How it came to be.
    public var outcome: Outcome
    /// When a new job was stored, where the store says so: the record can then be shown without reading it back.
    public var createdAt: Date?
    /// What the first submit came to: the same as ``outcome``, but of a replay.
    public var firstOutcome: Outcome

    /// Creates the answer for one job.
    ///
    /// - Parameters:
    ///   - id: The job's identifier.
    ///   - number: The job's number.
    ///   - outcome: How it came to be known under this identifier.
    ///   - createdAt: When a new job was stored.
    ///   - firstOutcome: Of a replay, what the first submit came to; `inserted` when nil.
    public init(
        id: JobID,
        number: Int64,
        outcome: Outcome,
        createdAt: Date? = nil,
        firstOutcome: Outcome? = nil
    ) {
        self.id = id
        self.number = number
        self.outcome = outcome
        self.createdAt = createdAt
        self.firstOutcome = firstOutcome ?? (outcome == .replayed ? .inserted : outcome)
    }
}

/// A change to a tracked job, by whatever runs it; only what is set is written.
public struct TrackedUpdate: Sendable, Equatable {
    /// The status to move to, `running`, `completed` or `failed`; nil and the present one stay.
    public var status: JobStatus?
    /// 0 to 100; other values are clamped.
    public var progress: Int?
    /// What there is to say about it.
    public var message: String?
    /// Replaces `data`; taken after the end as well.
    public var data: JSONText?
    /// Replaces `internalData`; taken after the end as well.
    public var internalData: JSONText?
    /// The output; taken after the end as well, while there is none.
    public var result: JobResult?
    /// Why it failed; moves the job to `failed` unless the status says otherwise.
    public var failure: JobFailure?
    /// Checked against the job's when given.
    public var fence: Int64?

    /// Creates an empty update.
    public init() {}
}
