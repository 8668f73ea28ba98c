#if Postgres
import Errand

/// A job as a transaction knows it: what is stored, what it has become, and what a transition must know beside it.
///
/// An object, as a job has many parts and is looked at once for every column.
final class HeldJob {
    /// The job as it is now.
    var job: Job
    /// The job as its row says; nil for one that has no row yet.
    var stored: Job?
    /// Whether other jobs wait for it, or waited, or a webhook of its own does.
    var hasDependents: Bool
    /// Whether a submit replaced what it says, so that all of that is written anew.
    var isReplaced = false
    /// Whether its queue has a limit, so that the end of its run makes room.
    let isLimited: Bool
    /// Of the submit, where the client made the id.
    let fingerprint: String?

    init(job: Job, stored: Job?, hasDependents: Bool = false, isLimited: Bool = false, fingerprint: String? = nil) {
        (self.job, self.stored, self.hasDependents) = (job, stored, hasDependents)
        (self.isLimited, self.fingerprint) = (isLimited, fingerprint)
    }

    var isChanged: Bool { job != stored }
    /// Whether a worker may claim it once it is due.
    var isWaiting: Bool { job.status == .queued && job.tracking == nil && job.blockedBy == 0 }

    /// Whether its row is in `live`: it has not ended, or a run of it may still be at work.
    var isLive: Bool { Self.isLive(job) }
    var wasLive: Bool { stored.map(Self.isLive) ?? false }

    static func isLive(_ job: Job) -> Bool { !job.status.isTerminal || job.stopping != nil }

    /// When a tracked job that has not ended will have been silent for too long, in milliseconds.
    var staleAt: Int64? {
        guard let seconds = job.tracking?.staleAfterSeconds, !job.status.isTerminal else { return nil }
        return job.updatedAt.milliseconds.later(bySeconds: Int64(seconds))
    }

    /// A long text where it was changed; nil where the row may keep what it has.
    func changed(_ text: KeyPath<Job, JSONText?>) -> String? {
        let value = job[keyPath: text]
        return value == stored?[keyPath: text] ? nil : value?.string
    }
}

extension JSONText {
    /// Stands for a text that is stored and was not read, as most transitions need not know it; never stored itself.
    static let unread = JSONText(trusted: "\u{0}unread")
}
#endif
