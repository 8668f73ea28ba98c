/// What a webhook may be told of: the ends that a job may come to.
public enum WebhookEvent: String, Sendable, Hashable, CaseIterable, Comparable {
    /// The job was completed.
    case completed = "job.completed"
    /// The job failed for good.
    case failed = "job.failed"
    /// The job was cancelled.
    case cancelled = "job.cancelled"

    /// The event of a job's end; nil for a status that is none.
    public init?(_ status: JobStatus) {
        switch status {
        case .completed: self = .completed
        case .failed: self = .failed
        case .cancelled: self = .cancelled
        case .queued, .running: return nil
        }
    }

    /// Orders events by their name.
    public static func < (left: WebhookEvent, right: WebhookEvent) -> Bool { left.rawValue < right.rawValue }
}
