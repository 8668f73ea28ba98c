import Errand
import FoundationEssentials

extension MemoryState {
    mutating func update(
        _ reference: JobReference,
        _ update: TrackedUpdate,
        _ scope: Scope,
        at time: StoreTime
    ) throws(JobStoreError) -> Job {
        let update = try update.normalized()
        let job = try find(reference, scope, at: time)
        let changed = try ask(.update(update), of: job, "updated", reference, at: time)
        addFiles(update.result?.files ?? [], to: job.number)
        return visible(changed)
    }

    mutating func cancel(
        _ reference: JobReference,
        _ reason: String?,
        _ revisions: Set<Int64>?,
        _ scope: Scope,
        at time: StoreTime
    ) throws(JobStoreError) -> Job {
        let job = try find(reference, revisions, scope, at: time)
        let reason = reason.map { JobFailure(code: JobFailure.Code.cancelled, message: $0).normalized.message }
        let changed = try ask(.cancel(reason: reason), of: job, "cancelled", reference, at: time)
        if job.status == .running, job.tracking == nil {
            changes.revoked.insert(JobLease(id: job.id, number: job.number, fence: job.fence))
        }
        return visible(changed)
    }

    mutating func retry(
        _ reference: JobReference,
        _ runAt: Moment?,
        _ revisions: Set<Int64>?,
        together: Set<JobID>,
        _ scope: Scope,
        at time: StoreTime
    ) throws(JobStoreError) -> Job {
        let job = try find(reference, revisions, scope, at: time)
        if job.status == .failed || job.status == .cancelled, let key = job.uniqueKey,
            let holder = holders[UniqueKey(type: job.type, tenantId: job.tenantId, key: key)], holder != job.number,
            let other = records[holder]?.job
        {
            if other.status.isTerminal, let stop = other.stopping {
                throw .keyHeld(byStopOf: other.id, until: stop.end, at: time)
            }
            throw .uniqueConflict(with: (other.id, other.status), key: key)
        }
        let standing = standing(to: job.after) { !together.contains($0) }
        let event = JobEvent.retry(runAt: runAt, waitingFor: standing.blockedBy)
        wait(try ask(event, of: job, "retried", reference, at: time), standing, at: time)
        return try read(.number(job.number), .system, at: time)
    }

    mutating func amend(
        _ reference: JobReference,
        _ amendment: JobAmendment,
        _ revisions: Set<Int64>?,
        _ scope: Scope,
        at time: StoreTime
    ) throws(JobStoreError) -> Job {
        try amendment.validate()
        let job = try find(reference, revisions, scope, at: time)
        return visible(try ask(.amend(amendment), of: job, "changed", reference, at: time))
    }

    mutating func delete(
        _ reference: JobReference,
        _ revisions: Set<Int64>?,
        _ scope: Scope,
        at time: StoreTime
    ) throws(JobStoreError) {
        let job = try find(reference, revisions, scope, at: time)
        guard job.status.isTerminal else {
            throw JobStoreError(TransitionRefusal(.status, status: job.status), "deleted", reference)
        }
        guard job.stopping == nil else {
            throw JobStoreError(TransitionRefusal(.stopping, status: job.status), "deleted", reference)
        }
        remove(job, at: time)
    }

    /// Takes a record away with all that belongs to it, and leaves a tombstone.
    mutating func remove(_ job: Job, at time: StoreTime) {
        orphanedFiles.formUnion((records[job.number]?.files ?? [:]).values.map { Name($0.key) })
        orphanUploads(of: job.number)
        set(nil, at: job.number)
        webhooks.removeAll { $0.job == job.number }
        tombstones.insert(job, at: time)
        changes.jobs[job.id] = JobChange(id: job.id, tenantId: job.tenantId, projectId: job.projectId, rev: nil)
    }

    private mutating func ask(
        _ event: JobEvent,
        of job: Job,
        _ what: String,
        _ reference: JobReference,
        at time: StoreTime
    ) throws(JobStoreError) -> Job {
        do {
            return try transition(event, of: job, at: time)
        } catch {
            throw JobStoreError(error, what, reference)
        }
    }

    mutating func configure(
        _ queue: Name,
        _ queueChanges: [QueueChange],
        _ revisions: Set<Int64>?,
        at time: StoreTime
    ) throws(JobStoreError) {
        for change in queueChanges { try change.validate(for: queue) }
        var setting = queues[queue] ?? QueueSetting()
        try JobStoreError.check(revisions, include: setting.record.overrides.rev, ofQueue: queue)
        for change in queueChanges { setting.record.apply(change, at: time.wall) }
        setting.rate = setting.record.rateLimit.map { limit in
            RateWindow(limit, opened: setting.rate?.opened, claimed: setting.rate?.claimed ?? 0)
        }
        queues[queue] = setting
        changes.queues.insert(queue)
    }

    mutating func delete(queue: Name) throws(JobStoreError) {
        let jobs = records.values.count { $0.job.queue == queue }
        guard jobs == 0 else { throw .queueInUse(queue, jobs: jobs) }
        guard queues.removeValue(forKey: queue) != nil else { throw .noQueue(queue) }
        changes.queues.insert(queue)
    }
}
