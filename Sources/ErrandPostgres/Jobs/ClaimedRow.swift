#if Postgres
import Errand
import FoundationEssentials

/// A job that a claim has just taken.
struct ClaimedRow {
    static let columns = """
        taken.lane, j.id, s.number, s.fence, s.type, s.queue, j.payload, j.created_at, s.run_at, s.tenant, s.project,
        s.attempt, j.max_attempts, s.lost_count, s.checkpoint, j.timeout, j.traceparent, j.created_by, s.priority, s.rev
        """

    let lane: Int64
    let job: ClaimedJob
    let priority: Int64
    let rev: Int64

    init(_ row: inout PostgresRow) throws(JobStoreError) {
        lane = row.int()
        var job = ClaimedJob(
            lease: JobLease(id: try row.id(), number: row.int(), fence: row.int()),
            type: row.text(),
            queue: row.text(),
            payload: row.json() ?? .emptyObject,
            createdAt: row.date(),
            runAt: row.date()
        )
        job.tenantId = row.optionalText()
        job.projectId = row.optionalText()
        job.attempt = Int(row.int())
        job.maxAttempts = Int(row.int())
        job.lostCount = Int(row.int())
        job.checkpoint = row.json()
        job.timeoutSeconds = row.optionalInt().map { Int($0) }
        job.traceparent = row.optionalText()
        job.createdBy = row.optionalText()
        self.job = job
        priority = row.int()
        rev = row.int()
    }

    /// Whether it comes before another of its lane.
    func precedes(_ other: ClaimedRow) -> Bool {
        (priority, job.runAt, job.lease.number) < (other.priority, other.job.runAt, other.job.lease.number)
    }
}
#endif
