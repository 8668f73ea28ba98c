import FoundationEssentials

// What people and other jobs do to a job: cancel, retry, update, replace, block and unblock.
extension Job {
    mutating func cancel(_ reason: String?, at time: StoreTime, rules: JobRules) throws(TransitionRefusal) {
        try require(!status.isTerminal, .status)
        endStop(at: time)
        if status == .running, tracking == nil {
            recordRun(.cancelled, at: time)
            stopping = StoppingRun(fence: fence, end: time.steady + rules.stopping.time(of: type))
        }
        if let reason {
            failure = JobFailure(code: JobFailure.Code.cancelled, message: reason)
            error = reason
        }
        fence += 1
        end(.cancelled, at: time, rules: rules)
    }

    mutating func retry(_ runAt: Moment?, at time: StoreTime, rules: JobRules) throws(TransitionRefusal) {
        try require(status == .failed || status == .cancelled, .status)
        self.runAt = runAt?.date ?? time.wall
        // While the cancelled run stops, the job waits whatever its due time is.
        endStop(at: time)
        status = .queued
        fence += 1
        (attempt, lostCount) = (0, 0)
        progress = 0
        progressMessage = nil
        (error, failure) = (nil, nil)
        (result, resultType, resultLocation) = (nil, nil, nil)
        (startedAt, completedAt, cancelAcknowledgedAt) = (nil, nil, nil)
        (workerId, leaseEnd) = (nil, nil)
        if tracking == nil, !isExpiryFixed { recordExpiresAt = nil }
        touch(time)
    }

    mutating func update(_ update: TrackedUpdate, at time: StoreTime, rules: JobRules) throws(TransitionRefusal) {
        try require(tracking != nil, .wrongKind)
        if let fence = update.fence { try require(fence == self.fence, .fenced) }
        let target = update.status ?? (update.failure == nil ? status : .failed)
        guard !status.isTerminal else { return try updateEnded(update, target, at: time) }
        progress = update.progress ?? progress
        progressMessage = update.message ?? progressMessage
        data = update.data ?? data
        internalData = update.internalData ?? internalData
        set(update.result)
        switch target {
        case .running where status == .queued: start(at: time)
        case .completed:
            progress = 100
            end(.completed, at: time, rules: rules)
        case .failed: failTracked(update.failure, at: time, rules: rules)
        case .queued where status == .running: throw TransitionRefusal(.status, status: status)
        default: touch(time)
        }
    }

    private mutating func start(at time: StoreTime) {
        status = .running
        startedAt = time.wall
        attempt += 1
        fence += 1
        touch(time)
    }

    private mutating func failTracked(_ given: JobFailure?, at time: StoreTime, rules: JobRules) {
        let failure = given ?? JobFailure(code: JobFailure.Code.failed, message: "Failed.")
        self.failure = failure
        error = failure.message
        end(.failed, at: time, rules: rules)
    }

    private mutating func updateEnded(
        _ update: TrackedUpdate,
        _ target: JobStatus,
        at time: StoreTime
    ) throws(TransitionRefusal) {
        try require(target == status, .status)
        if update.result != nil { try require(result == nil && resultType == nil, .hasResult) }
        data = update.data ?? data
        internalData = update.internalData ?? internalData
        set(update.result)
        touch(time)
    }

    private mutating func set(_ result: JobResult?) {
        guard let result else { return }
        self.result = result.value
        resultType = result.type
        resultLocation = result.location
    }

    mutating func goStale(at time: StoreTime, rules: JobRules) throws(TransitionRefusal) {
        try require(!status.isTerminal, .status)
        guard let limit = tracking?.staleAfterSeconds else { throw TransitionRefusal(.wrongKind, status: status) }
        try require(time.wall.timeIntervalSince(updatedAt) >= Double(limit), .leaseHolds)
        fence += 1
        failTracked(.stale(seconds: limit), at: time, rules: rules)
    }

    mutating func unblock(at time: StoreTime) throws(TransitionRefusal) {
        try require(status == .queued && blockedBy > 0, .status)
        blockedBy -= 1
        if blockedBy == 0 { touch(time) }
    }

    mutating func failDependency(_ id: JobID, at time: StoreTime, rules: JobRules) throws(TransitionRefusal) {
        try require(status == .queued && blockedBy > 0, .status)
        fence += 1
        failure = .dependencyFailed(id)
        error = failure?.message
        end(.cancelled, at: time, rules: rules)
    }
}

extension JobFailure {
    package static func dependencyFailed(_ id: JobID) -> JobFailure {
        JobFailure(
            code: Code.dependencyFailed,
            message: "Job \(id), which had to be completed first, failed or was cancelled."
        )
    }

    package static func stale(seconds: Int) -> JobFailure {
        JobFailure(code: Code.stale, message: "Nothing was heard of this job for \(seconds) seconds.")
    }
}
