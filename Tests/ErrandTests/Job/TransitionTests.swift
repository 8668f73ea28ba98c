import Errand
import FoundationEssentials
import Testing

/// Every event in every status: what becomes of the job, or why nothing does.
@Suite(.timeLimit(.minutes(5)))
struct TransitionTests {
    enum Outcome: Sendable, Equatable {
        case to(JobStatus)
        case refused(TransitionRefusal.Reason)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let event: JobEvent
        /// Queued, Running, Completed, Failed, Cancelled.
        let outcomes: [Outcome]

        init(_ name: String, _ event: JobEvent, _ outcomes: Outcome...) {
            (self.name, self.event, self.outcomes) = (name, event, outcomes)
        }

        var testDescription: String { name }
    }

    static let fenced = Outcome.refused(.fenced)
    static let status = Outcome.refused(.status)
    static let wrongKind = Outcome.refused(.wrongKind)
    static let failed = JobInState.failure

    /// Worker jobs; the lease has fence 1, a queued job's fence is 0 and a cancelled one's 2.
    static let rows: [Row] = [
        Row("claim", .claim(worker: "x", leaseEnd: .seconds(99)), .to(.running), status, status, status, status),
        Row("report", .report(RunReport(lease: JobInState.lease)), fenced, .to(.running), status, status, fenced),
        Row("complete", JobInState.settle(.complete(JobResult())), fenced, .to(.completed), status, status, fenced),
        Row("fail", JobInState.settle(.fail(failed, retryAfter: nil)), fenced, .to(.failed), status, status, fenced),
        Row(
            "retry later",
            JobInState.settle(.fail(failed, retryAfter: .zero)),
            fenced,
            .to(.queued),
            status,
            status,
            fenced
        ),
        Row("snooze", JobInState.settle(.snooze(.zero)), fenced, .to(.queued), status, status, fenced),
        Row("release", JobInState.settle(.release(after: .zero)), fenced, .to(.queued), status, status, fenced),
        Row("acknowledge", JobInState.settle(.acknowledgeCancel), fenced, fenced, fenced, fenced, .to(.cancelled)),
        Row("stale settle", JobInState.settle(.snooze(.zero), fence: 7), fenced, fenced, fenced, fenced, fenced),
        Row("reap", .reap, status, .to(.queued), status, status, status),
        Row("cancel", .cancel(reason: nil), .to(.cancelled), .to(.cancelled), status, status, status),
        Row("retry", .retry(runAt: nil), status, status, status, .to(.queued), .to(.queued)),
        Row("amend", .amend(JobAmendment()), .to(.queued), status, status, status, status),
        Row("update", .update(TrackedUpdate()), wrongKind, wrongKind, wrongKind, wrongKind, wrongKind),
        Row("go stale", .goStale, wrongKind, wrongKind, status, status, status),
        Row("dependency completed", .dependencyCompleted, status, status, status, status, status),
        Row("dependency failed", .dependencyFailed(JobInState.lease.id), status, status, status, status, status),
        Row("replace", .replace(NewJob(type: "work")), .to(.queued), status, status, status, status),
    ]

    @Test(arguments: rows)
    func `each event does what the model says in each status`(_ row: Row) throws {
        for (status, expected) in zip(JobStatus.allCases, row.outcomes) {
            let job = try JobInState.worker(status)
            #expect(outcome(of: row.event, on: job) == expected, "\(row.name) while \(status)")
        }
    }

    /// Tracked jobs in the same order of statuses, a minute and more after their last update.
    static let trackedRows: [Row] = [
        Row("claim", .claim(worker: "x", leaseEnd: .seconds(9)), wrongKind, wrongKind, wrongKind, wrongKind, wrongKind),
        Row("report", .report(RunReport(lease: JobInState.lease)), fenced, fenced, fenced, fenced, fenced),
        Row("reap", .reap, wrongKind, wrongKind, wrongKind, wrongKind, wrongKind),
        Row(
            "update",
            JobInState.update { $0.progress = 1 },
            .to(.queued),
            .to(.running),
            .to(.completed),
            .to(.failed),
            .to(.cancelled)
        ),
        Row("start", JobInState.update { $0.status = .running }, .to(.running), .to(.running), status, status, status),
        Row(
            "complete",
            JobInState.update { $0.status = .completed },
            .to(.completed),
            .to(.completed),
            .to(.completed),
            status,
            status
        ),
        Row(
            "fail",
            JobInState.update { $0.failure = failed },
            .to(.failed),
            .to(.failed),
            status,
            .to(.failed),
            status
        ),
        Row("wrong fence", JobInState.update { $0.fence = 9 }, fenced, fenced, fenced, fenced, fenced),
        Row("cancel", .cancel(reason: nil), .to(.cancelled), .to(.cancelled), status, status, status),
        Row("retry", .retry(runAt: nil), status, status, status, .to(.queued), .to(.queued)),
        Row("go stale", .goStale, .to(.failed), .to(.failed), status, status, status),
    ]

    @Test(arguments: trackedRows)
    func `each event does what the model says to a tracked job`(_ row: Row) throws {
        for (status, expected) in zip(JobStatus.allCases, row.outcomes) {
            let job = try tracked(status)
            #expect(outcome(of: row.event, on: job) == expected, "\(row.name) while \(status)")
        }
    }

    private func tracked(_ status: JobStatus) throws -> Job {
        let running = JobInState.tracked(running: true)
        return switch status {
        case .queued: JobInState.tracked()
        case .running: running
        case .completed: try running.applying(JobInState.update { $0.status = .completed }, at: JobInState.start)
        case .failed: try running.applying(JobInState.update { $0.status = .failed }, at: JobInState.start)
        case .cancelled: try running.applying(.cancel(reason: nil), at: JobInState.start)
        }
    }

    /// Applied after every lease is over; a refusal must leave the job as it is, which a value does by itself.
    private func outcome(of event: JobEvent, on job: Job) -> Outcome {
        do {
            let changed = try job.applying(event, at: JobInState.time(100))
            #expect(changed.fence >= job.fence && changed.rev >= job.rev)
            return .to(changed.status)
        } catch {
            #expect(error.status == job.status)
            return .refused(error.reason)
        }
    }

    @Test func `what cannot run now is not claimed`() throws {
        let claim = JobEvent.claim(worker: "w", leaseEnd: .seconds(9))
        let scheduled = JobInState.queued { $0.runAt = Moment(clamping: JobInState.time(5).wall) }
        var paused = JobInState.queued()
        paused.isQueuePaused = true
        for job in [scheduled, paused, JobInState.queued(blockedBy: 1)] {
            #expect(throws: TransitionRefusal(.notClaimable, status: .queued)) {
                try job.applying(claim, at: JobInState.time(4))
            }
        }
        #expect(try scheduled.applying(claim, at: JobInState.time(5)).status == .running)
    }

    @Test func `a lease that holds is not reaped, and a job that was heard of is not stale`() throws {
        let running = try JobInState.worker(.running)
        #expect(throws: TransitionRefusal(.leaseHolds, status: .running)) {
            try running.applying(.reap, at: JobInState.time(30))
        }
        #expect(try running.applying(.reap, at: JobInState.time(31)).status == .queued)
        let tracked = JobInState.tracked(running: true)
        #expect(throws: TransitionRefusal(.leaseHolds, status: .running)) {
            try tracked.applying(.goStale, at: JobInState.time(59))
        }
        #expect(try tracked.applying(.goStale, at: JobInState.time(60)).failure?.code == "stale")
    }

    @Test func `a second result is refused`() throws {
        let result = JobInState.update { $0.result = JobResult(.emptyObject) }
        let ended = try JobInState.tracked(running: true)
            .applying(JobInState.update { $0.status = .completed }, at: JobInState.start)
        let once = try ended.applying(result, at: JobInState.start)
        #expect(once.result == .emptyObject && once.status == .completed)
        #expect(throws: TransitionRefusal(.hasResult, status: .completed)) {
            try once.applying(result, at: JobInState.start)
        }
    }
}
