import Errand
import FoundationEssentials
import Testing

/// What a transition changes, field by field; everything else must stay.
@Suite(.timeLimit(.minutes(5)))
struct TransitionFieldTests {
    static let time = JobInState.time(100)
    static let week: Int64 = 7 * 86400
    static var expiry: Int64 { Int64(time.wall.timeIntervalSince1970) + week }

    private func record(_ outcome: RunRecord.Outcome, code: String? = nil, message: String? = nil) -> RunRecord {
        var record = RunRecord(
            attempt: 1,
            fence: 1,
            startedAt: JobInState.time(1).wall,
            endedAt: Self.time.wall,
            outcome: outcome,
            workerId: "w"
        )
        (record.code, record.message) = (code, message)
        return record
    }

    private func expect(
        _ status: JobStatus,
        _ event: JobEvent,
        at location: SourceLocation = #_sourceLocation,
        change: (inout Job) -> Void
    ) throws {
        let job = try JobInState.worker(status)
        var expected = job
        expected.rev += 1
        expected.updatedAt = Self.time.wall
        change(&expected)
        #expect(try job.applying(event, at: Self.time) == expected, sourceLocation: location)
    }

    private func requeued(_ job: inout Job) {
        (job.status, job.runAt) = (.queued, Self.time.wall)
        (job.startedAt, job.workerId, job.leaseEnd) = (nil, nil, nil)
    }

    private func ended(_ job: inout Job, _ status: JobStatus) {
        (job.status, job.completedAt, job.recordExpiresAt) = (status, Self.time.wall, Self.expiry)
    }

    @Test func `claim`() throws {
        try expect(.queued, .claim(worker: "x", leaseEnd: .seconds(130))) { job in
            (job.status, job.fence, job.attempt) = (.running, 1, 1)
            (job.startedAt, job.workerId, job.leaseEnd) = (Self.time.wall, "x", .seconds(130))
        }
    }

    @Test func `report`() throws {
        var report = RunReport(lease: JobInState.lease)
        (report.progress, report.message, report.data, report.checkpoint) = (5, "m", .emptyObject, .null)
        try expect(.running, .report(report)) { job in
            (job.progress, job.progressMessage, job.data, job.checkpoint) = (5, "m", .emptyObject, .null)
        }
        var checkpoint = RunReport(lease: JobInState.lease)
        checkpoint.checkpoint = .null
        try expect(.running, .report(checkpoint)) { job in
            job.checkpoint = .null
            job.rev -= 1
            job.updatedAt = JobInState.time(1).wall
        }
    }

    @Test func `complete`() throws {
        try expect(.running, JobInState.settle(.complete(JobResult(type: .s3, location: "l", value: .null)))) { job in
            ended(&job, .completed)
            (job.progress, job.leaseEnd) = (100, nil)
            (job.result, job.resultType, job.resultLocation) = (.null, .s3, "l")
        }
    }

    @Test func `fail`() throws {
        try expect(.running, JobInState.settle(.fail(JobInState.failure, retryAfter: nil))) { job in
            ended(&job, .failed)
            (job.failure, job.error, job.leaseEnd) = (JobInState.failure, "It broke.", nil)
            job.errors = [record(.failed, code: "broken", message: "It broke.")]
        }
        try expect(.running, JobInState.settle(.fail(JobInState.failure, retryAfter: .milliseconds(1234)))) { job in
            requeued(&job)
            job.runAt = Date(timeIntervalSince1970: Self.time.wall.timeIntervalSince1970 + 1.234)
            job.errors = [record(.failed, code: "broken", message: "It broke.")]
        }
    }

    @Test func `snooze and release`() throws {
        let ends: [(Settlement.Outcome, RunRecord.Outcome)] = [
            (.snooze(.zero), .snoozed), (.release(after: .zero), .released),
        ]
        for (outcome, recorded) in ends {
            try expect(.running, JobInState.settle(outcome)) { job in
                requeued(&job)
                job.attempt = 0
                job.errors = [record(recorded)]
            }
        }
    }

    @Test func `reap`() throws {
        try expect(.running, .reap) { job in
            requeued(&job)
            (job.attempt, job.fence, job.lostCount) = (0, 2, 1)
            job.errors = [record(.lost, code: "lost", message: "The worker died or lost its lease.")]
        }
    }

    @Test func `cancel`() throws {
        try expect(.queued, .cancel(reason: "why")) { job in
            ended(&job, .cancelled)
            (job.fence, job.error) = (1, "why")
            job.failure = JobFailure(code: "cancelled", message: "why")
        }
        try expect(.running, .cancel(reason: nil)) { job in
            ended(&job, .cancelled)
            job.fence = 2
            job.errors = [record(.cancelled)]
            job.stopping = StoppingRun(fence: 1, end: Self.time.steady + .seconds(35))
        }
        try expect(.cancelled, JobInState.settle(.acknowledgeCancel)) { job in
            (job.cancelAcknowledgedAt, job.leaseEnd, job.stopping) = (Self.time.wall, nil, nil)
            job.rev -= 1
            job.updatedAt = JobInState.time(2).wall
        }
    }

    @Test func `retry`() throws {
        try expect(.failed, .retry(runAt: nil)) { job in
            requeued(&job)
            (job.fence, job.attempt, job.progress) = (2, 0, 0)
            (job.failure, job.error, job.completedAt, job.recordExpiresAt) = (nil, nil, nil, nil)
        }
        let past = JobInState.time(50).wall
        try expect(.cancelled, .retry(runAt: Moment(clamping: past))) { job in
            requeued(&job)
            (job.fence, job.attempt, job.progress, job.runAt, job.stopping) = (3, 0, 0, past, nil)
            (job.completedAt, job.recordExpiresAt) = (nil, nil)
        }
    }

    @Test func `a retried job is claimed when its cancelled run has stopped, or must have`() throws {
        let claim = JobEvent.claim(worker: "x", leaseEnd: .seconds(99))
        let retried = try JobInState.worker(.cancelled).applying(.retry(runAt: nil), at: JobInState.time(11))
        #expect(retried.runAt == JobInState.time(11).wall && retried.stopping?.end == .seconds(37))
        #expect(throws: TransitionRefusal(.notClaimable, status: .queued)) {
            try retried.applying(claim, at: JobInState.time(36))
        }
        #expect(try retried.applying(claim, at: JobInState.time(37)).stopping == nil)
        let stopped = try retried.applying(JobInState.settle(.acknowledgeCancel), at: JobInState.time(12))
        #expect(stopped.status == .queued && stopped.cancelAcknowledgedAt == nil && stopped.rev == retried.rev)
        #expect(try stopped.applying(claim, at: JobInState.time(12)).fence == 4)
    }

    @Test func `a type's grace decides how long its runs may be stopping, within a minute`() throws {
        let times = StoppingTimes(graces: ["short": .seconds(2), "long": .seconds(3600), "none": .seconds(-9)])
        let types: [Name] = ["short", "long", "none", "other"]
        #expect(types.map { times.time(of: $0) } == [.seconds(7), .seconds(60), .seconds(5), .seconds(35)])
    }

    @Test func `dependencies`() throws {
        let job = JobInState.queued(blockedBy: 2)
        let once = try job.applying(.dependencyCompleted, at: Self.time)
        #expect(once.blockedBy == 1 && once.rev == 1)
        let twice = try once.applying(.dependencyCompleted, at: Self.time)
        #expect(twice.blockedBy == 0 && twice.rev == 2 && twice.updatedAt == Self.time.wall)
        let failed = try job.applying(.dependencyFailed(JobInState.lease.id), at: Self.time)
        #expect(failed.status == .cancelled && failed.fence == 1 && failed.failure?.code == "dependency_failed")
        #expect(failed.completedAt == Self.time.wall && failed.recordExpiresAt == Self.expiry && failed.errors.isEmpty)
    }

    @Test func `replace`() throws {
        var new = NewJob(type: "work", payload: .checkedObject)
        (new.priority, new.maxAttempts) = (9, 99)
        try expect(.queued, .replace(new)) { job in
            (job.payload, job.priority, job.runAt, job.maxAttempts) = (.checkedObject, 9, Self.time.wall, 99)
        }
    }

    @Test func `a fixed expiry never moves`() throws {
        let job = JobInState.queued { $0.recordExpiresAt = 5 }
        let cancelled = try job.applying(.cancel(reason: nil), at: Self.time)
        #expect(cancelled.recordExpiresAt == 5)
        #expect(try cancelled.applying(.retry(runAt: nil), at: Self.time).recordExpiresAt == 5)
    }

    @Test func `the third loss in a row is a poison pill, with every run on record`() throws {
        var job = JobInState.queued()
        for round in 0..<3 {
            job = try job.applying(.claim(worker: "w", leaseEnd: .seconds(round)), at: Self.time)
            job = try job.applying(.reap, at: Self.time)
        }
        #expect(job.status == .failed && job.failure?.code == "poison_pill" && job.lostCount == 3)
        #expect(job.attempt == 0 && job.fence == 6 && job.errors.map(\.outcome) == [.lost, .lost, .lost])
    }
}

extension JSONText {
    fileprivate static var checkedObject: JSONText { JSONText(trusted: #"{"new":1}"#) }
}
