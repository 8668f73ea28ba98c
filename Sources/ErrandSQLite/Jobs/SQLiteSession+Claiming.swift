import Errand
import FoundationEssentials

extension SQLiteSession {
    /// Moves claimable jobs to `Running`.
    func claim(_ request: ClaimRequest) throws(JobStoreError) -> Claim {
        try promoteDue()
        var claimed: [ClaimedJob] = []
        var isHeldBack = false
        if request.limit > 0 {
            var turns = ClaimTurns(session: self, request: request)
            let numbers = try turns.takeAll()
            isHeldBack = turns.room.hasHeldBack
            claimed = try take(numbers, for: request)
            try markRunning(numbers, request)
            for (lane, place) in turns.lastPlaces { setClaimed(lane, upTo: place) }
            if let (queue, tenants) = turns.lastServed {
                memory.lastQueue = queue
                memory.lastTenant.merge(tenants) { _, new in new }
                if !memory.rates.isEmpty {
                    for queue in tenants.keys { try countClaimed(claimed.count { $0.queue == queue }, of: queue) }
                }
            }
        }
        let due = nextDue(for: request)
        return Claim(jobs: claimed, nextDue: isHeldBack ? min(due ?? TenantRoom.pause, TenantRoom.pause) : due)
    }

    /// Reads jobs that are to be claimed, in their order, and changes the memory as if they were.
    private func take(_ numbers: [Int64], for request: ClaimRequest) throws(JobStoreError) -> [ClaimedJob] {
        var jobs: [ClaimedJob] = []
        jobs.reserveCapacity(numbers.count)
        var tally = JobTally()
        let row = try sql(
            """
            SELECT id, lane, project, fence, attempt, max_attempts, lost_count, checkpoint, timeout, traceparent,
                created_by, created_at, run_at, payload, rev, unique_key IS NOT NULL, number FROM jobs
            WHERE number BETWEEN ? AND ?
            """
        )
        defer { row.reset() }
        let texts = try sql(.readText)
        for numbers in numbers.runs {
            row.bind(1, numbers.lowerBound)
            row.bind(2, numbers.upperBound)
            for number in numbers {
                guard try row.step(), row.int(16) == number else {
                    throw JobStoreError(.corrupt, "Job #\(number) is indexed and missing.")
                }
                jobs.append(try take(row, number, texts, for: request, counting: &tally))
            }
            row.reset()
        }
        for (key, count) in tally.parts { noteClaimed(count, under: key) }
        return jobs
    }

    private func take(
        _ row: SQLStatement,
        _ number: Int64,
        _ texts: SQLStatement,
        for request: ClaimRequest,
        counting tally: inout JobTally
    ) throws(JobStoreError) -> ClaimedJob {
        let lane = memory.lanes[Int(row.int(1))]
        let project = row.optionalInt(2)
        var job = ClaimedJob(
            lease: JobLease(id: row.id(0), number: number, fence: row.int(3).saturatingSum(1)),
            type: lane.key.type,
            queue: lane.key.queue,
            payload: try row.longText(13, .payload, of: number, from: texts) ?? .emptyObject,
            createdAt: Date(milliseconds: row.int(11)),
            runAt: Date(milliseconds: row.int(12))
        )
        job.tenantId = lane.key.tenant
        job.projectId = project.flatMap { memory.projectNames[$0] }
        job.attempt = Int(row.int(4)).saturatingSum(1)
        job.maxAttempts = Int(row.int(5))
        job.lostCount = Int(row.int(6))
        job.checkpoint = try row.longText(7, .checkpoint, of: number, from: texts)
        job.timeoutSeconds = row.optionalInt(8).map { Int($0) }
        job.traceparent = row.optionalText(9)
        job.createdBy = row.optionalText(10)
        let key = CountKey(lane: Int(row.int(1)), project: project)
        tally.add(key)
        let end = time.steady + request.lease
        let hasUniqueKey = row.int(15) != 0
        setLease(
            number,
            Lease(id: job.lease.id, fence: job.lease.fence, end: end, key: key, hasUniqueKey: hasUniqueKey)
        )
        if interest.contains(.jobs) { noteChange(job, rev: row.int(14).saturatingSum(1)) }
        return job
    }

    private func noteClaimed(_ jobs: Int, under key: CountKey) {
        addClaimable(key.lane, -jobs)
        addRunning(key.lane, jobs)
        count(key, .queued, -jobs)
        count(key, .running, jobs)
    }

    private func noteChange(_ job: ClaimedJob, rev: Int64) {
        changes.jobs[job.lease.id] =
            JobChange(id: job.lease.id, tenantId: job.tenantId, projectId: job.projectId, rev: rev)
    }

    private func markRunning(_ numbers: [Int64], _ request: ClaimRequest) throws(JobStoreError) {
        try update(numbers, by: .markRunning) { update in
            update.bind(3, now)
            update.bind(4, request.worker)
            update.bind(5, request.kind == .session ? 1 : 0)
        }
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
            let demote = try sql(
                "UPDATE jobs SET phase = 1, rank = 0 WHERE phase = 0 AND lane = ? AND run_at > ? AND status = 0"
            )
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
        let scheduled = due.map { Duration.milliseconds(max(0, $0.saturatingDifference(now))) }
        // A run that is stopping may hold back anything: a place, or its job.
        let stopped = stops.firstEnd.map { $0 - time.steady }
        let first = [scheduled, stopped].compactMap(\.self).min()
        guard !memory.rates.isEmpty else { return first }
        return [first, nextWindow(for: request)].compactMap(\.self).min()
    }
}

extension UpdateOfMany {
    fileprivate static let markRunning = UpdateOfMany(
        """
        status = 1, fence = fence + 1, rev = rev + 1, attempt = attempt + 1, started_at = ?3, updated_at = ?3,
        worker = ?4, session = ?5, progress = NULL, progress_message = NULL
        """
    )
}

extension ClaimRequest {
    func wants(_ lane: LaneKey) -> Bool {
        types.contains(lane.type) && (queues?.contains(lane.queue) ?? true)
            && (scope == .system || lane.tenant == tenantId)
    }
}
