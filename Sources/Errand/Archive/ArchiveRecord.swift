public import FoundationEssentials

/// One thing that a store keeps, in a form that every store can read and write.
///
/// Numbers of jobs, datasets and generations are kept by a copy, so that records name each other by them.
public enum ArchiveRecord: Sendable, Equatable {
    /// A queue's settings.
    case queue(ArchivedQueue)
    /// A job; its lease is no part of it.
    case job(ArchivedJob)
    /// A job that waits for another, by their numbers.
    case dependency(of: Int64, on: Int64)
    /// What is still to be told of a job's end to those that wait for it.
    case cascade(Cascade)
    /// A line that the job of a number logged.
    case log(job: Int64, StoredLogLine)
    /// The record of a file that the job of a number made.
    case file(job: Int64, JobFile)
    /// The record of an upload.
    case upload(ArchivedUpload)
    /// What is left of a deleted job.
    case tombstone(ArchivedTombstone)
    /// What a submit was answered with that made no job of its own.
    case answer(KeptAnswer)
    /// The key of an object that is to be deleted.
    case orphanedFile(key: String)
    /// A dataset and its number.
    case dataset(number: Int64, Dataset)
    /// What an import has begun to write.
    case datasetWrite(ArchivedDatasetWrite)
    /// A row of a generation.
    case row(generation: Int64, DatasetRow)
    /// An API key.
    case key(APIKey)
    /// An endpoint, or the webhook of one job.
    case webhook(Webhook)
    /// An entry of the audit and its number.
    case audit(AuditEntry)
    /// A token that is not taken again, and when it ends by itself.
    case spentToken(id: String, until: Date)
}

/// A job, and what is stored beside it.
public struct ArchivedJob: Sendable, Equatable {
    /// The job.
    public var job: Job
    /// Of the submit, where the client made the id: by it a replay is known.
    public var fingerprint: String?

    /// Creates a record.
    public init(_ job: Job, fingerprint: String?) { (self.job, self.fingerprint) = (job, fingerprint) }
}

/// A queue's settings, and the window of its rate limit.
public struct ArchivedQueue: Sendable, Equatable {
    /// The settings; its counts say nothing.
    public var state: QueueState
    /// When the window of the rate limit opened, by the wall clock.
    public var windowOpenedAt: Date?
    /// How many jobs were claimed in it.
    public var windowClaimed: Int
    /// Where the limits come from; nil where nobody has set any since that is kept.
    package var overrides: QueueOverrides?

    /// Creates a record.
    public init(_ state: QueueState, windowOpenedAt: Date?, windowClaimed: Int) {
        self.state = state
        self.windowOpenedAt = windowOpenedAt
        self.windowClaimed = windowClaimed
    }
}

/// The record of an upload, and whose it is.
public struct ArchivedUpload: Sendable, Equatable {
    /// The upload.
    public var upload: Upload
    /// Whose it is; nil is the system's.
    public var tenantId: Name?
    /// The number of the last job that uses it.
    public var job: Int64?

    /// Creates a record.
    public init(_ upload: Upload, tenantId: Name?, job: Int64?) {
        self.upload = upload
        self.tenantId = tenantId
        self.job = job
    }
}

/// What is left of a deleted job for a day.
public struct ArchivedTombstone: Sendable, Equatable {
    /// The job's number.
    public var number: Int64
    /// The job's id.
    public var id: JobID
    /// Whose it was.
    public var tenantId: Name?
    /// The project it was of.
    public var projectId: Name?
    /// When it was deleted.
    public var deletedAt: Date

    /// Creates a record.
    public init(number: Int64, id: JobID, tenantId: Name?, projectId: Name?, deletedAt: Date) {
        self.number = number
        self.id = id
        self.tenantId = tenantId
        self.projectId = projectId
        self.deletedAt = deletedAt
    }
}

/// What an import has begun to write, which it goes on with when it runs again.
public struct ArchivedDatasetWrite: Sendable, Equatable {
    /// The write, with how many rows the generation had when the job first began.
    public var write: DatasetWrite
    /// The number of the job that writes.
    public var job: Int64
    /// The columns it brings.
    public var columns: [String]
    /// How many rows a replacement has so far.
    public var writtenCount: Int64

    /// Creates a record.
    public init(_ write: DatasetWrite, job: Int64, columns: [String], writtenCount: Int64) {
        self.write = write
        self.job = job
        self.columns = columns
        self.writtenCount = writtenCount
    }
}
