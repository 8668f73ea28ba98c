import Errand
import FoundationEssentials

extension SQLiteSession {
    /// Moves claimable jobs to `Running`.
    func claim(_ request: ClaimRequest) throws(JobStoreError) -> Claim {
        try promoteDue()
        var claimed: [ClaimedJob] = []
        if request.limit > 0 {
            var turns = ClaimTurns(session: self, request: request)
            while claimed.count < request.limit, let number = try turns.next() {
                claimed.append(try take(number, for: request))
            }
            try markRunning(claimed, request)
            if let (queue, tenants) = turns.lastServed {
                memory.lastQueue = queue
                memory.lastTenant.merge(tenants) { _, new in new }
            }
        }
        return Claim(jobs: claimed, nextDue: nextDue(for: request))
    }

    /// Reads a job that is to be claimed, and changes the memory as if it were.
    private func take(_ number: Int64, for request: ClaimRequest) throws(JobStoreError) -> ClaimedJob {
        let row = try sql(
            """
            SELECT id, lane, project, fence, attempt, max_attempts, lost_count, checkpoint, timeout, traceparent,
                created_by, created_at, run_at, payload, rev, unique_key IS NOT NULL FROM jobs WHERE number = ?
            """
        )
        row.bind(1, number)
        defer { row.reset() }
        guard try row.step() else { throw JobStoreError(.corrupt, "Job #\(number) is indexed and missing.") }
        let lane = memory.lanes[Int(row.int(1))]
        var job = ClaimedJob(
            lease: JobLease(id: row.id(0), number: number, fence: row.int(3) + 1),
            type: lane.key.type,
            queue: lane.key.queue,
            payload: try row.longText(13, .payload, of: number, from: sql(.readText)) ?? .emptyObject,
            createdAt: Date(milliseconds: row.int(11)),
            runAt: Date(milliseconds: row.int(12))
        )
        job.tenantId = lane.key.tenant
        job.projectId = row.optionalInt(2).flatMap { memory.projectNames[$0] }
        job.attempt = Int(row.int(4)) + 1
        job.maxAttempts = Int(row.int(5))
        job.lostCount = Int(row.int(6))
        job.checkpoint = try row.longText(7, .checkpoint, of: number, from: sql(.readText))
        job.timeoutSeconds = row.optionalInt(8).map { Int($0) }
        job.traceparent = row.optionalText(9)
        job.createdBy = row.optionalText(10)
        let lease = Lease(
            id: job.lease.id,
            fence: job.lease.fence,
            end: time.steady + request.lease,
            lane: Int(row.int(1)),
            project: row.optionalInt(2),
            hasUniqueKey: row.int(15) != 0
        )
        noteClaimed(job, under: lease, rev: row.int(14) + 1)
        return job
    }

    private func noteClaimed(_ job: ClaimedJob, under lease: Lease, rev: Int64) {
        addClaimable(lease.lane, -1)
        addRunning(lease.lane, 1)
        count(lease.lane, lease.project, .queued, -1)
        count(lease.lane, lease.project, .running, 1)
        setLease(job.lease.number, lease)
        guard interest.contains(.jobs) else { return }
        changes.jobs[job.lease.id] =
            JobChange(id: job.lease.id, tenantId: job.tenantId, projectId: job.projectId, rev: rev)
    }

    /// One statement for the whole claim costs two thirds of one for each job.
    private func markRunning(_ jobs: [ClaimedJob], _ request: ClaimRequest) throws(JobStoreError) {
        guard !jobs.isEmpty else { return }
        let update = try sql(
            """
            UPDATE jobs SET status = 1, phase = 2, fence = fence + 1, rev = rev + 1, attempt = attempt + 1,
                started_at = ?1, updated_at = ?1, worker = ?2, session = ?3, progress = NULL, progress_message = NULL
            WHERE number IN (SELECT value FROM json_each(?4))
            """
        )
        update.bind(1, now)
        update.bind(2, request.worker)
        update.bind(3, request.kind == .session ? 1 : 0)
        update.bind(4, jobs.map(\.lease.number))
        try update.run()
    }

    /// Makes scheduled jobs that fell due claimable, up to 1,000 a lane; the rest follow at the next claim.
    func promoteDue() throws(JobStoreError) {
        for lane in memory.scheduledLanes where (memory.lanes[lane].earliestDue ?? .max) <= now {
            let promote = try sql(
                """
                UPDATE jobs SET phase = 0, rank = priority WHERE number IN (
                    SELECT number FROM jobs WHERE phase = 1 AND lane = ? AND rank = 0 AND run_at <= ?
                    ORDER BY run_at LIMIT 1000)
                """
            )
            promote.bind(1, lane)
            promote.bind(2, now)
            try promote.run()
            let count = sql.changedRows
            if count > 0 { addClaimable(lane, count) }
            try refreshDue(lane)
        }
    }

    /// Takes back that jobs are claimable which are not due any more, after the wall clock was set back.
    func demoteUndue() throws(JobStoreError) {
        for lane in memory.readyLanes {
            let demote = try sql("UPDATE jobs SET phase = 1, rank = 0 WHERE phase = 0 AND lane = ? AND run_at > ?")
            try demote.run(Int64(lane), now)
            let count = sql.changedRows
            guard count > 0 else { continue }
            addClaimable(lane, -count)
            try refreshDue(lane)
        }
    }

    /// Looks up when the lane's next scheduled job is due.
    func refreshDue(_ lane: Int) throws(JobStoreError) {
        let next = try sql("SELECT min(run_at) FROM jobs WHERE phase = 1 AND lane = ? AND rank = 0")
        next.bind(1, lane)
        let due = try next.firstInt()
        if due != memory.lanes[lane].earliestDue { noteDue(lane, due) }
    }

    private func nextDue(for request: ClaimRequest) -> Duration? {
        let due = memory.scheduledLanes.filter { request.wants(memory.lanes[$0].key) }
            .compactMap { memory.lanes[$0].earliestDue }.min()
        return due.map { .milliseconds(max(0, $0 - now)) }
    }
}

extension ClaimRequest {
    func wants(_ lane: LaneKey) -> Bool { types.contains(lane.type) && (queues?.contains(lane.queue) ?? true) }
}
