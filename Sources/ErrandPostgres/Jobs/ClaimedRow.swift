#if Postgres
import Errand
import FoundationEssentials

/// A job that a claim has just taken.
struct ClaimedRow {
    /// Of a row of `live` that is called `s` and its row of `jobs`, `j`; before them stands the lane.
    static let columns = """
        j.id, s.number, s.fence, s.type, s.queue, j.payload, j.created_at, s.run_at, s.tenant, s.project,
        s.attempt, j.max_attempts, s.lost_count, s.checkpoint, j.timeout, j.traceparent, j.created_by, s.priority, s.rev
        """

    let lane: Int64
    let job: ClaimedJob
    let priority: Int64
    let rev: Int64

    init(_ row: inout PostgresRow) throws(JobStoreError) {
        lane = row.int()
        let (id, number) = (try row.id(), row.int())
        (job, priority, rev) = try CorruptRow.naming(number) { () throws(JobStoreError) in
            (try Self.readJob(&row, id, number), row.int(), row.int())
        }
    }

    private static func readJob(
        _ row: inout PostgresRow,
        _ id: JobID,
        _ number: Int64
    ) throws(JobStoreError) -> ClaimedJob {
        var job = ClaimedJob(
            lease: JobLease(id: id, number: number, fence: row.int()),
            type: row.name(),
            queue: row.name(),
            payload: try row.json() ?? .emptyObject,
            createdAt: row.date(),
            runAt: row.date()
        )
        job.tenantId = row.optionalName()
        job.projectId = row.optionalName()
        let (attempt, maxAttempts, lostCount) = (row.int(), row.int(), row.int())
        // This run is counted already.
        try CorruptRow.check(
            attempt: attempt - 1,
            maxAttempts: maxAttempts,
            lostCount: lostCount,
            fence: job.lease.fence
        )
        (job.attempt, job.maxAttempts, job.lostCount) = (Int(attempt), Int(maxAttempts), Int(lostCount))
        job.checkpoint = try row.json()
        job.timeoutSeconds = row.optionalInt().map { Int($0) }
        job.traceparent = row.optionalText()
        job.createdBy = row.optionalText()
        return job
    }

    /// Whether it comes before another of its lane.
    func precedes(_ other: ClaimedRow) -> Bool {
        (priority, job.runAt, job.lease.number) < (other.priority, other.job.runAt, other.job.lease.number)
    }
}
#endif
