import FoundationEssentials

// What a submit with `onConflict: replace` makes of the queued job that has its unique key.
extension Job {
    /// Makes everything that a submit says the job's, which begins anew as if it had been submitted now.
    ///
    /// What stays is who it is: id, number, type, tenant, unique key, when it was created, its fence, and the record of
    /// the runs it had. A checkpoint goes, as it is a mark in what is no more to be done.
    mutating func replace(_ new: NewJob, at time: StoreTime, rules: JobRules) throws(TransitionRefusal) {
        try require(status == .queued, .status)
        try require((tracking == nil) == (new.tracking == nil) && !new.startsRunning, .wrongKind)
        try require(new.after.isEmpty || hasSameDependencies(as: new), .dependencies)
        takeInput(of: new)
        takePlace(of: new, at: time, rules: rules)
        (attempt, lostCount) = (0, 0)
        (progress, progressMessage, checkpoint) = (nil, nil, nil)
        (error, failure) = (nil, nil)
        (startedAt, workerId) = (nil, nil)
        touch(time)
    }

    /// Whether a submit names the jobs that this one waits for, or waited for, in whatever order.
    package func hasSameDependencies(as new: NewJob) -> Bool { Set(after) == Set(new.after) }

    /// What is to be done, for whom, and who said so.
    private mutating func takeInput(of new: NewJob) {
        (payload, data, internalData, metadata) = (new.payload, new.data, new.internalData, new.metadata)
        (projectId, projectName) = (new.projectId, new.projectName)
        (createdBy, createdByName, traceparent) = (new.createdBy, new.createdByName, new.traceparent)
    }

    /// Where and until when it waits, how it is run, and how long its record is kept.
    private mutating func takePlace(of new: NewJob, at time: StoreTime, rules: JobRules) {
        (queue, priority, runAt) = (new.queue, new.priority, new.dueAt(storedAt: time.wall))
        (maxAttempts, timeoutSeconds, tracking) = (new.maxAttempts, new.timeoutSeconds, new.tracking)
        if new.after.isEmpty { blockedBy = 0 }
        after = new.after
        recordExpiresAt = new.recordExpiresAt ?? (new.tracking == nil ? nil : rules.expiry(after: time.wall))
        isExpiryFixed = new.recordExpiresAt != nil
    }
}
