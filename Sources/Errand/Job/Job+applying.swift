import FoundationEssentials

extension Job {
    /// The job after an event; the one definition of what every transition does.
    ///
    /// Pure: no I/O and no clock of its own. Stores do the same in their own way, and `ErrandTesting` holds them to
    /// this.
    ///
    /// - Parameters:
    ///   - event: What happens.
    ///   - time: Now.
    ///   - rules: The store's.
    /// - Returns: The changed job.
    /// - Throws: Why the event does not apply; the job then stays as it is.
    public func applying(
        _ event: JobEvent,
        at time: StoreTime,
        rules: JobRules = JobRules()
    ) throws(TransitionRefusal) -> Job {
        var job = self
        switch event {
        case .claim(let worker, let leaseEnd): try job.claim(by: worker, until: leaseEnd, at: time)
        case .report(let report): try job.report(report, at: time)
        case .settle(let settlement): try job.settle(settlement, at: time, rules: rules)
        case .reap: try job.reap(at: time, rules: rules)
        case .cancel(let reason): try job.cancel(reason, at: time, rules: rules)
        case .retry(let runAt, let count):
            try job.retry(runAt, at: time, rules: rules)
            job.blockedBy = count
        case .amend(let amendment): try job.amend(amendment, at: time)
        case .update(let update): try job.update(update, at: time, rules: rules)
        case .goStale: try job.goStale(at: time, rules: rules)
        case .dependencyCompleted: try job.unblock(at: time)
        case .dependencyFailed(let id): try job.failDependency(id, at: time, rules: rules)
        case .replace(let new): try job.replace(new, at: time, rules: rules)
        }
        return job
    }

    func require(_ condition: Bool, _ reason: TransitionRefusal.Reason) throws(TransitionRefusal) {
        if !condition { throw TransitionRefusal(reason, status: status) }
    }

    mutating func touch(_ time: StoreTime) {
        rev += 1
        updatedAt = time.wall
    }

    /// Ends the job; what the end leaves is set by the caller.
    mutating func end(_ end: JobStatus, at time: StoreTime, rules: JobRules) {
        status = end
        completedAt = time.wall
        if tracking == nil, !isExpiryFixed { recordExpiresAt = rules.expiry(after: time.wall) }
        touch(time)
    }

    /// Puts a running job back, with a record of the run that did not complete.
    mutating func requeue(
        _ outcome: RunRecord.Outcome,
        _ failure: JobFailure?,
        after delay: Duration,
        at time: StoreTime
    ) {
        recordRun(outcome, failure, at: time)
        status = .queued
        startedAt = nil
        workerId = nil
        leaseEnd = nil
        runAt = time.wall.later(by: delay)
        touch(time)
    }

    mutating func recordRun(_ outcome: RunRecord.Outcome, _ failure: JobFailure? = nil, at time: StoreTime) {
        errors.record(
            RunRecord(
                attempt: attempt,
                fence: fence,
                startedAt: startedAt ?? time.wall,
                endedAt: time.wall,
                outcome: outcome,
                failure: failure,
                workerId: workerId
            )
        )
    }
}
