#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird

/// What polling a job lives by: its entity tag, how long to wait, what to keep.
struct JobValidators {
    let job: Job
    let now: Date
    /// What else the bytes depend on; see ``JobIncludes/form``.
    var form = ""

    /// Changes with everything that changes the bytes: the revision, and what depends on the time and the queue.
    var entityTag: String {
        EntityTag.make(rev: job.rev, (job.substate(at: now)?.rawValue ?? "") + form)
    }

    /// In how many seconds to ask again; nil when nothing more will happen.
    var retryAfter: Int? {
        switch job.status {
        case .completed, .failed, .cancelled: nil
        case .queued: min(max(Int(saturating: now.timeIntervalSince(job.createdAt) / 4), 2), 15)
        case .running: runningRetryAfter
        }
    }

    private var runningRetryAfter: Int {
        guard let progress = job.progress, progress > 0, let startedAt = job.startedAt else { return 2 }
        let elapsed = max(now.timeIntervalSince(startedAt), 0)
        let remaining = elapsed * Double(100 - progress) / Double(progress)
        return min(max(Int(saturating: min(remaining, 1000) / 4), 1), 15)
    }

    var headers: HTTPFields {
        var headers = HTTPFields.privateNoCache
        headers[.eTag] = entityTag
        if job.status == .completed { headers[.cacheControl] = "private, max-age=60" }
        if let retryAfter { headers[.retryAfter] = String(retryAfter) }
        return headers
    }

    /// Whether an `If-None-Match` names the present state.
    func matches(ifNoneMatch header: String?) -> Bool {
        header != nil && EntityTag.matches(entityTag, ifNoneMatch: header)
    }

    /// The refusal of a change that was meant for another revision, with the tag of the present one.
    func mismatch(_ ifMatch: String?) -> Problem {
        var problem = Problem(
            .preconditionFailed,
            "The job's revision is \(job.rev), and If-Match is \((ifMatch ?? "").quotable).",
            currentStatus: job.status
        )
        problem.headers[.eTag] = entityTag
        return problem
    }
}
#endif
