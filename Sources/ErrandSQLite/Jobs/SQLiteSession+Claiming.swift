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
                claimed.append(try claim(number, for: request))
            }
            if let (queue, tenants) = turns.lastServed {
                memory.lastQueue = queue
                memory.lastTenant.merge(tenants) { _, new in new }
            }
        }
        return Claim(jobs: claimed, nextDue: nextDue(for: request))
    }

    private func claim(_ number: Int64, for request: ClaimRequest) throws(JobStoreError) -> ClaimedJob {
        let row = try sql(
            """
            SELECT id, lane, project, fence, attempt, max_attempts, lost_count, checkpoint, timeout, traceparent,
                created_by, created_at, run_at, payload, rev FROM jobs WHERE number = ?
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
        try start(job, lane: Int(row.int(1)), project: row.optionalInt(2), rev: row.int(14) + 1, request)
        return job
    }

    private func start(
        _ job: ClaimedJob,
        lane: Int,
        project: Int64?,
        rev: Int64,
        _ request: ClaimRequest
    ) throws(JobStoreError) {
        let update = try sql(
            """
            UPDATE jobs SET status = 1, claimable = 0, fence = ?, rev = ?, attempt = ?, started_at = ?, updated_at = ?,
                worker = ?, session = ?, progress = NULL, progress_message = NULL WHERE number = ?
            """
        )
        update.bind(1, job.lease.fence)
        update.bind(2, rev)
        update.bind(3, job.attempt)
        update.bind(4, now)
        update.bind(5, now)
        update.bind(6, request.worker)
        update.bind(7, request.kind == .session ? 1 : 0)
        update.bind(8, job.lease.number)
        try update.run()
        addClaimable(lane, -1)
        addRunning(lane, 1)
        count(lane, project, .queued, -1)
        count(lane, project, .running, 1)
        let end = time.steady + request.lease
        let lease = Lease(id: job.lease.id, fence: job.lease.fence, end: end, lane: lane, project: project)
        setLease(job.lease.number, lease)
        if interest.contains(.jobs) {
            changes.jobs[job.lease.id] =
                JobChange(id: job.lease.id, tenantId: job.tenantId, projectId: job.projectId, rev: rev)
        }
    }

    /// Makes scheduled jobs that fell due claimable, up to 1,000 a lane; the rest follow at the next claim.
    func promoteDue() throws(JobStoreError) {
        for lane in memory.scheduledLanes where (memory.lanes[lane].earliestDue ?? .max) <= now {
            let promote = try sql(
                """
                UPDATE jobs SET claimable = 1 WHERE number IN (
                    SELECT number FROM jobs WHERE lane = ? AND status = 0 AND claimable = 0 AND blocked_by = 0
                        AND tracked = 0 AND run_at <= ? ORDER BY run_at LIMIT 1000)
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

    /// Looks up when the lane's next scheduled job is due.
    func refreshDue(_ lane: Int) throws(JobStoreError) {
        let next = try sql(
            """
            SELECT min(run_at) FROM jobs WHERE lane = ? AND status = 0 AND claimable = 0 AND blocked_by = 0
                AND tracked = 0
            """
        )
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
