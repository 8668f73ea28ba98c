#if Postgres
import Errand
import FoundationEssentials

extension PostgresSession {
    func update(
        _ reference: JobReference,
        with update: TrackedUpdate,
        scope: Scope
    ) throws(JobStoreError) -> Job {
        let job = try find(reference, scope: scope)
        let changed = try ask(.update(update), of: job, "updated", reference)
        try addFiles(update.result?.files ?? [], to: job.number)
        return changed
    }

    func cancel(
        _ reference: JobReference,
        reason: String?,
        ifRev: Set<Int64>?,
        scope: Scope
    ) throws(JobStoreError) -> Job {
        let job = try find(reference, ifRev: ifRev, scope: scope)
        let reason = reason.map { JobFailure(code: JobFailure.Code.cancelled, message: $0).normalized.message }
        let changed = try ask(.cancel(reason: reason), of: job, "cancelled", reference)
        if job.status == .running, job.tracking == nil {
            changes.revoked.insert(JobLease(id: job.id, number: job.number, fence: job.fence))
        }
        return changed
    }

    func amend(
        _ reference: JobReference,
        with amendment: JobAmendment,
        ifRev: Set<Int64>?,
        scope: Scope
    ) throws(JobStoreError) -> Job {
        let job = try find(reference, ifRev: ifRev, scope: scope)
        let changed = try ask(.amend(amendment), of: job, "changed", reference)
        guard changed.queue != job.queue else { return changed }
        // The other queue may be paused.
        try flush()
        return try self.job(reference, scope: scope)
    }

    func retry(
        _ reference: JobReference,
        runAt: Moment?,
        ifRev: Set<Int64>?,
        together: Set<JobID>,
        scope: Scope
    ) throws(JobStoreError) -> Job {
        let dependencies = try holdDependencies(of: reference)
        let job = try find(reference, ifRev: ifRev, scope: scope)
        if job.status == .failed || job.status == .cancelled, let other = try holder(ofKeyOf: job) {
            throw .uniqueConflict(with: other, key: job.uniqueKey ?? "", now: time)
        }
        let standing = standing(to: job.after, dependencies) { !together.contains($0) }
        let event = JobEvent.retry(runAt: runAt, waitingFor: standing.blockedBy)
        let retried = try ask(event, of: job, "retried", reference)
        return job.after.isEmpty ? retried : try wait(job.number, standing)
    }

    func delete(_ reference: JobReference, ifRev: Set<Int64>?, scope: Scope) throws(JobStoreError) {
        let job = try find(reference, ifRev: ifRev, scope: scope)
        guard job.status.isTerminal else {
            throw JobStoreError(TransitionRefusal(.status, status: job.status), "deleted", reference)
        }
        guard job.stopping == nil else {
            throw JobStoreError(TransitionRefusal(.stopping, status: job.status), "deleted", reference)
        }
        try remove([job])
    }

    private func ask(
        _ event: JobEvent,
        of job: Job,
        _ what: String,
        _ reference: JobReference
    ) throws(JobStoreError) -> Job {
        switch try apply(event, to: job.number) {
        case .success(let changed): return changed
        case .failure(let refusal): throw JobStoreError(refusal, what, reference)
        }
    }
}
#endif
