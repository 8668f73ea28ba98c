/// A part of all that a store keeps, in the order in which a copy writes them.
public enum ArchiveSection: String, Sendable, Hashable, CaseIterable {
    /// The settings of queues.
    case queues
    /// Jobs, with everything that is one value of a job.
    case jobs
    /// Which queued jobs wait for which.
    case dependencies
    /// Ends of jobs that not all who wait for them were told of.
    case cascades
    /// The lines that jobs logged.
    case logs
    /// The records of files that jobs made.
    case files
    /// The records of uploads.
    case uploads
    /// What is left of deleted jobs, so that their ids answer `gone`.
    case tombstones
    /// What submits were answered with that made no job of their own, and requests as a whole.
    case answers
    /// The keys of objects that no record names any more and that are not deleted yet.
    case orphanedFiles = "orphaned files"
    /// Datasets, without their rows.
    case datasets
    /// What imports that have not ended have begun to write.
    case datasetWrites = "dataset writes"
    /// The rows of datasets.
    case rows
    /// API keys, without their secrets, which no store has.
    case keys = "API keys"
    /// Addresses that hear of the ends of jobs, with the secrets that sign what they are told.
    case webhooks
    /// Who did what.
    case audit
    /// Sessions that were logged out and tickets that were used.
    case spentTokens = "spent tokens"
}
