import Errand
import FoundationEssentials

extension MemoryState {
    /// The job within the scope, as its record says.
    func find(_ reference: JobReference, _ scope: Scope, at time: StoreTime) throws(JobStoreError) -> Job {
        let number: Int64? =
            switch reference {
            case .id(let id): numbers[id]
            case .number(let number): number
            }
        if let job = number.flatMap({ records[$0]?.job }), scope.includes(job) { return job }
        if let stone = tombstones[reference, at: time],
            scope.includes(tenantId: stone.tenantId, projectId: stone.projectId)
        {
            throw .goneJob(reference)
        }
        throw .noJob(reference)
    }

    /// The job within the scope, where it is at one of the revisions that a change is meant for.
    func find(
        _ reference: JobReference,
        _ revisions: Set<Int64>?,
        _ scope: Scope,
        at time: StoreTime
    ) throws(JobStoreError) -> Job {
        let job = try find(reference, scope, at: time)
        try JobStoreError.check(revisions, include: job.rev, status: job.status, of: reference)
        return job
    }

    /// The job a lease is for, while it exists.
    func find(_ lease: JobLease) -> Job? {
        guard let job = records[lease.number]?.job, job.id == lease.id else { return nil }
        return job
    }

    /// The job as a reader sees it.
    func visible(_ job: Job) -> Job {
        var job = job
        job.isQueuePaused = queues[job.queue]?.pause != nil
        return job
    }

    func read(_ reference: JobReference, _ scope: Scope, at time: StoreTime) throws(JobStoreError) -> Job {
        visible(try find(reference, scope, at: time))
    }
}
