public import FoundationEssentials

extension Job {
    /// The record of a job that was just submitted.
    ///
    /// - Parameters:
    ///   - new: What the submitter said; validated.
    ///   - identity: The submitter's own identifier or a new one, and the store's next number.
    ///   - tenantId: The scope's tenant.
    ///   - blockedBy: How many of the jobs named in `after` are not completed yet.
    ///   - time: Now.
    ///   - rules: The store's.
    /// - Returns: The job, `Queued`, or `Running` for a tracked one that starts so.
    public static func submitted(
        _ new: NewJob,
        as identity: (id: JobID, number: Int64),
        tenantId: Name?,
        blockedBy: Int = 0,
        at time: StoreTime,
        rules: JobRules = JobRules()
    ) -> Job {
        let startsRunning = new.tracking != nil && new.startsRunning
        return Job(
            id: identity.id,
            number: identity.number,
            type: new.type,
            queue: new.queue,
            tenantId: tenantId,
            projectId: new.projectId,
            projectName: new.projectName,
            status: startsRunning ? .running : .queued,
            priority: new.priority,
            runAt: new.dueAt(storedAt: time.wall),
            after: new.after,
            attempt: startsRunning ? 1 : 0,
            maxAttempts: new.maxAttempts,
            lostCount: 0,
            payload: new.payload,
            data: new.data,
            internalData: new.internalData,
            metadata: new.metadata,
            errors: [],
            createdAt: time.wall,
            updatedAt: time.wall,
            startedAt: startsRunning ? time.wall : nil,
            recordExpiresAt: new.recordExpiresAt
                ?? (new.tracking == nil ? nil : rules.expiry(after: time.wall)),
            isExpiryFixed: new.recordExpiresAt != nil,
            createdBy: new.createdBy,
            createdByName: new.createdByName,
            uniqueKey: new.uniqueKey,
            timeoutSeconds: new.timeoutSeconds,
            traceparent: new.traceparent,
            rev: 1,
            fence: startsRunning ? 1 : 0,
            blockedBy: blockedBy,
            tracking: new.tracking,
            isQueuePaused: false
        )
    }
}

extension Job {
    /// A record with nothing in it but who it is, for a store that reads the rest from its rows.
    ///
    /// - Parameters:
    ///   - identity: The identifier and the number.
    ///   - type: The handler's key.
    ///   - queue: The lane it waits in.
    ///   - createdAt: When it was stored.
    public init(identity: (id: JobID, number: Int64), type: Name, queue: Name, createdAt: Date) {
        self.init(
            id: identity.id,
            number: identity.number,
            type: type,
            queue: queue,
            status: .queued,
            priority: 0,
            runAt: createdAt,
            after: [],
            attempt: 0,
            maxAttempts: 1,
            lostCount: 0,
            payload: .emptyObject,
            metadata: .emptyObject,
            errors: [],
            createdAt: createdAt,
            updatedAt: createdAt,
            isExpiryFixed: false,
            rev: 1,
            fence: 0,
            blockedBy: 0,
            isQueuePaused: false
        )
    }
}

extension JobRules {
    /// When a record that is kept from a time on expires, in seconds since 1970, rounded up.
    package func expiry(after date: Date) -> Int64 {
        let seconds = (date.timeIntervalSince1970 + retention.seconds).rounded(.up)
        return min(max(Int64(saturating: seconds), JobLimits.expiries.lowerBound), JobLimits.expiries.upperBound)
    }
}
