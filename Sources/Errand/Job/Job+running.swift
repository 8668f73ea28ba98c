import FoundationEssentials

// What workers do to a job: claim, report, settle; and reap, when they die.
extension Job {
    mutating func claim(by worker: Name, until leaseEnd: Duration, at time: StoreTime) throws(TransitionRefusal) {
        try require(tracking == nil, .wrongKind)
        try require(status == .queued, .status)
        endStop(at: time)
        try require(substate(at: time.wall) == .ready, .notClaimable)
        status = .running
        fence += 1
        attempt += 1
        startedAt = time.wall
        workerId = worker
        self.leaseEnd = leaseEnd
        progress = nil
        progressMessage = nil
        touch(time)
    }

    private func requireRun(_ lease: JobLease) throws(TransitionRefusal) {
        try require(fence == lease.fence && tracking == nil, .fenced)
        try require(status == .running, .status)
    }

    mutating func report(_ report: RunReport, at time: StoreTime) throws(TransitionRefusal) {
        try requireRun(report.lease)
        if apply(report) { touch(time) }
    }

    /// Takes over what a report says; whether anything visible is in it.
    private mutating func apply(_ report: RunReport) -> Bool {
        if let checkpoint = report.checkpoint {
            self.checkpoint = checkpoint
            lostCount = 0
        }
        progress = report.progress ?? progress
        progressMessage = report.message ?? progressMessage
        data = report.data ?? data
        return report.progress != nil || report.message != nil || report.data != nil
    }

    mutating func settle(_ settlement: Settlement, at time: StoreTime, rules: JobRules) throws(TransitionRefusal) {
        if case .acknowledgeCancel = settlement.outcome {
            return try acknowledgeCancel(settlement.lease, at: time)
        }
        try requireRun(settlement.lease)
        if let report = settlement.report { _ = apply(report) }
        switch settlement.outcome {
        case .complete(let result): complete(result, at: time, rules: rules)
        case .fail(let failure, let delay): fail(failure, retryAfter: delay, at: time, rules: rules)
        case .snooze(let delay): giveBack(.snoozed, after: delay, at: time)
        case .release(let delay): giveBack(.released, after: delay, at: time)
        case .acknowledgeCancel: break
        }
    }

    private mutating func complete(_ result: JobResult, at time: StoreTime, rules: JobRules) {
        self.result = result.value
        resultType = result.type
        resultLocation = result.location
        progress = 100
        leaseEnd = nil
        end(.completed, at: time, rules: rules)
    }

    private mutating func fail(_ failure: JobFailure, retryAfter: Duration?, at time: StoreTime, rules: JobRules) {
        lostCount = 0
        if let retryAfter, attempt < maxAttempts {
            return requeue(.failed, failure, after: retryAfter, at: time)
        }
        recordRun(.failed, failure, at: time)
        fail(with: failure, at: time, rules: rules)
    }

    mutating func fail(with failure: JobFailure, at time: StoreTime, rules: JobRules) {
        self.failure = failure
        error = failure.message
        leaseEnd = nil
        end(.failed, at: time, rules: rules)
    }

    private mutating func giveBack(_ outcome: RunRecord.Outcome, after delay: Duration, at time: StoreTime) {
        lostCount = 0
        requeue(outcome, nil, after: delay, at: time)
        attempt -= 1
    }

    /// The worker's cancelled run has stopped: it holds nothing any more, whatever became of the job meanwhile.
    ///
    /// The run has fence f, and the cancel made it f + 1. A word that comes after the time to stop is written down, as
    /// long as nobody gave the job a new life.
    private mutating func acknowledgeCancel(_ lease: JobLease, at time: StoreTime) throws(TransitionRefusal) {
        try require(tracking == nil, .fenced)
        if stopping?.fence != lease.fence {
            try require(fence == lease.fence + 1, .fenced)
            try require(status == .cancelled && leaseEnd != nil, .status)
        }
        stopping = nil
        guard status == .cancelled else { return }
        cancelAcknowledgedAt = time.wall
        leaseEnd = nil
    }

    mutating func reap(at time: StoreTime, rules: JobRules) throws(TransitionRefusal) {
        try require(tracking == nil, .wrongKind)
        try require(status == .running, .status)
        try require((leaseEnd ?? .zero) <= time.steady, .leaseHolds)
        let lost = JobFailure(code: JobFailure.Code.lost, message: "The worker died or lost its lease.")
        lostCount += 1
        if lostCount >= JobLimits.lostRuns {
            recordRun(.lost, lost, at: time)
            attempt -= 1
            fence += 1
            return fail(with: .poisonPill(lostCount), at: time, rules: rules)
        }
        requeue(.lost, lost, after: .zero, at: time)
        attempt -= 1
        fence += 1
    }
}

extension JobFailure {
    package static func poisonPill(_ count: Int) -> JobFailure {
        JobFailure(
            code: Code.poisonPill,
            message: "\(count) workers in a row died while they ran this job; it is not tried again by itself."
        )
    }
}
