import Errand
import FoundationEssentials

extension MemoryState {
    /// Applies an event, and notes what follows of it for those that wait for the job.
    mutating func transition(
        _ event: JobEvent,
        of job: Job,
        at time: StoreTime
    ) throws(TransitionRefusal) -> Job {
        let changed: Job
        do {
            changed = try job.applying(event, at: time, rules: rules)
        } catch {
            witness?.coverage.count(event, refused: error)
            throw error
        }
        witness?.coverage.count(event, from: job.status, to: changed.status)
        replace(changed)
        if job.status == .running || job.stopping != changed.stopping { freed(job, changed) }
        if changed.status != job.status {
            deliverEnd(of: changed, at: time)
            if changed.status.isTerminal { beginCascade(of: changed, isCompleted: changed.status == .completed) }
        }
        return changed
    }

    /// Applies an event that may not apply, such as a dependency's end to a job that a person retried meanwhile.
    mutating func apply(_ event: JobEvent, to job: Job, at time: StoreTime) {
        // The refusal is the answer: the job stays as it is.
        _ = try? transition(event, of: job, at: time)
    }

    /// Forgets the runs whose time to stop is over.
    mutating func endStops(at time: StoreTime) {
        for number in stopping.sorted() {
            guard var job = records[number]?.job, !job.isStopping(at: time) else { continue }
            let old = job
            job.endStop(at: time)
            replace(job)
            freed(old, job)
        }
    }

    /// A run that ended or stopped may make room below the limit of its queue, or of its tenant in all queues; one that
    /// begins to stop has those look again who wait for room.
    private mutating func freed(_ old: Job, _ new: Job) {
        if old.stopping != new.stopping, new.status == .queued { changes.queues.insert(new.queue) }
        guard new.status != .running else { return }
        if queues[old.queue]?.concurrency != nil { changes.queues.insert(old.queue) }
        guard limitsTenants, let tenant = old.tenantId, TenantRoom.counts(old.queue) else { return }
        changes.queues.formUnion(lanes.filter { $0.value[tenant]?.isEmpty == false }.keys)
    }
}
