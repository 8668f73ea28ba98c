#if Postgres
import Errand
import FoundationEssentials

extension PostgresSession {
    /// Applies an event to a held job, and notes what follows for those that wait for it.
    func apply(_ event: JobEvent, to number: Int64) throws(JobStoreError) -> Result<Job, TransitionRefusal> {
        guard let held = held[number] else {
            throw JobStoreError(.corrupt, "Job #\(number) was to be moved without a lock.")
        }
        let (old, new): (Job, Job)
        do throws(TransitionRefusal) {
            (old, new) = (held.job, try held.job.applying(event, at: time, rules: rules))
        } catch {
            return .failure(error)
        }
        held.job = new
        if new.rev != old.rev { tell(of: new) }
        if old.stopping != nil, new.stopping == nil { noteStopEnded(held) }
        guard new.status != old.status else { return .success(new) }
        if old.status == .running { noteStopped(in: new.queue, of: new.tenantId, isLimited: held.isLimited) }
        if new.status.isTerminal { noteEnd(number, type: new.type, tenant: new.tenantId) }
        if new.status.isTerminal, held.hasDependents {
            beginCascade(of: number, new.id, isCompleted: new.status == .completed)
        }
        return .success(new)
    }

    /// Notes a visible change, and that a job may have become claimable.
    func tell(of job: Job) {
        changes.jobs[job.id] = JobChange(id: job.id, tenantId: job.tenantId, projectId: job.projectId, rev: job.rev)
        if job.status == .queued, job.tracking == nil, job.blockedBy == 0 { changes.queues.insert(job.queue) }
    }
}
#endif
