/// Where a job is in its life; there are no other states.
///
/// A worker moves a job from `Queued` to `Running` (claim) and from there to an end (settle); anyone who may operate it
/// can move it to `Cancelled` or, from `Failed` and `Cancelled`, back to `Queued` (retry). A `Running` job whose worker
/// died is taken back by the reaper. See the job lifecycle guide.
public enum JobStatus: String, Sendable, Hashable, CaseIterable, Codable {
    /// Waiting to be run, now or later; ``JobSubstate`` says which.
    case queued = "Queued"
    /// Held by a worker under a lease, or reported as running by whatever runs a tracked job.
    case running = "Running"
    /// Ended well; never changes again for a worker job.
    case completed = "Completed"
    /// Ended badly, with ``Job/failure`` saying why; can be retried.
    case failed = "Failed"
    /// Ended by a person or by a failed dependency; can be retried.
    case cancelled = "Cancelled"

    /// Whether the job has ended.
    public var isTerminal: Bool { self == .completed || self == .failed || self == .cancelled }
}

/// Why a queued job is not running, or that a running one is.
public enum JobSubstate: String, Sendable, Hashable, CaseIterable {
    /// Will be claimed by the next worker with a free slot.
    case ready
    /// Waits for its ``Job/runAt``.
    case scheduled
    /// Waits for its ``Job/runAt`` after a failed run.
    case retrying
    /// Its queue is paused.
    case paused
    /// Waits for the jobs named in ``Job/after``.
    case blocked
    /// Was cancelled and retried, and waits until the cancelled run has stopped.
    case stopping
    /// Is being run.
    case executing
}
