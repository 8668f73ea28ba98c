import Errand
import ErrandTesting
import FoundationEssentials

/// Jobs in every status, made by the pure function alone.
enum JobInState {
    static let start = ManualClock().now()
    static let lease = JobLease(id: JobID(high: 0x7000, low: 1 << 63), number: 1, fence: 1)
    static let failure = JobFailure(code: "broken", message: "It broke.")

    static func time(_ seconds: Int) -> StoreTime {
        StoreTime(wall: start.wall + Double(seconds), steady: .seconds(seconds))
    }

    static func queued(blockedBy: Int = 0, _ change: (inout NewJob) -> Void = { _ in }) -> Job {
        var new = NewJob(type: "work")
        change(&new)
        return Job.submitted(
            new,
            as: (id: lease.id, number: 1),
            tenantId: "default",
            blockedBy: blockedBy,
            at: start
        )
    }

    static func tracked(running: Bool = false) -> Job {
        queued { job in
            job.tracking = Tracking(staleAfterSeconds: 60)
            job.startsRunning = running
        }
    }

    /// Claimed at second 1 with a lease until 31; ended at second 2.
    static func worker(_ status: JobStatus) throws -> Job {
        if status == .queued { return queued() }
        let running = try queued().applying(.claim(worker: "w", leaseEnd: .seconds(31)), at: time(1))
        switch status {
        case .queued, .running: return running
        case .completed: return try running.applying(settle(.complete(JobResult())), at: time(2))
        case .failed: return try running.applying(settle(.fail(failure, retryAfter: nil)), at: time(2))
        case .cancelled: return try running.applying(.cancel(reason: nil), at: time(2))
        }
    }

    static func settle(_ outcome: Settlement.Outcome, fence: Int64 = 1) -> JobEvent {
        .settle(Settlement(lease: JobLease(id: lease.id, number: 1, fence: fence), outcome: outcome))
    }

    static func update(_ change: (inout TrackedUpdate) -> Void) -> JobEvent {
        var update = TrackedUpdate()
        change(&update)
        return .update(update)
    }
}
