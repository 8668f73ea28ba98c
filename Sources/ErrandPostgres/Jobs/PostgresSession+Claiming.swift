#if Postgres
import Errand
import FoundationEssentials
import Synchronization

extension PostgresSession {
    /// Moves claimable jobs to `Running`.
    func claim(_ request: ClaimRequest) throws(JobStoreError) -> Claim {
        try demoteAfterJump()
        try promoteDue()
        var jobs: [ClaimedJob] = []
        var limits = try limits(in: sql(Self.findLimits, request.queues.map { .texts($0) } ?? .null))
        if request.limit > 0, !request.types.isEmpty {
            let rooms = limits.mapValues { $0.room(at: time.steady) }
            let lanes = try lanes(for: request)
            let rotation = context.rotation.withLock { $0 }
            let turns = ClaimTurns(lanes, rooms: rooms, rotation: rotation, limit: request.limit)
            if !turns.order.isEmpty { jobs = try take(turns.order, of: lanes, for: request) }
            try count(jobs, against: &limits)
        }
        let due = [try nextDue(for: request), try nextWindow(of: limits, for: request)]
        return Claim(jobs: jobs, nextDue: due.compactMap(\.self).min())
    }

    /// The lanes with something to take, in queues that are not paused.
    private func lanes(for request: ClaimRequest) throws(JobStoreError) -> [ClaimLane] {
        try sql(
            Self.findLanes,
            request.queues.map { .texts($0) } ?? .null,
            .texts(request.types),
            .int(now),
            .int(Int64(request.limit))
        )
        .map { (row) throws(JobStoreError) in
            ClaimLane(queue: row.text(), tenant: row.text(), available: Int(row.int()))
        }
    }

    /// Takes as many jobs of each lane as it has turns, and puts them in the order of the turns.
    private func take(
        _ order: [Int],
        of lanes: [ClaimLane],
        for request: ClaimRequest
    ) throws(JobStoreError) -> [ClaimedJob] {
        let quotas = Dictionary(order.map { ($0, Int64(1)) }, uniquingKeysWith: +).sorted { $0.key < $1.key }
        let rows = try sql(
            Self.takeJobs,
            .texts(quotas.map { lanes[$0.key].queue }),
            .texts(quotas.map { lanes[$0.key].tenant }),
            .ints(quotas.map(\.value)),
            .texts(request.types),
            .int(now),
            .text(request.worker),
            .bool(request.kind == .session),
            .int((time.steady + request.lease).wholeMicroseconds)
        )
        let taken = try rows.map { (row) throws(JobStoreError) in try ClaimedRow(&row) }
        var byLane = Dictionary(grouping: taken) { lane in
            quotas[Int(lane.lane) - 1].key
        }
        for lane in byLane.keys { byLane[lane]?.sort { $1.precedes($0) } }
        var jobs: [ClaimedJob] = []
        var served = ClaimRotation()
        for lane in order {
            // Another claim may have been faster: the lane then has fewer than it had.
            guard let row = byLane[lane]?.popLast() else { continue }
            jobs.append(row.job)
            served.queue = row.job.queue
            served.tenants[row.job.queue] = lanes[lane].tenant
            note(row)
        }
        afterCommit.append { [context] in context.rotation.withLock { $0.merge(served) } }
        return jobs
    }

    private func note(_ row: ClaimedRow) {
        let job = row.job
        changes.jobs[job.lease.id] =
            JobChange(id: job.lease.id, tenantId: job.tenantId, projectId: job.projectId, rev: row.rev)
    }

    /// Makes scheduled jobs that fell due claimable, up to 1,000; the rest follow at the next claim.
    func promoteDue() throws(JobStoreError) {
        try sql(
            """
            WITH due AS MATERIALIZED (
                SELECT number FROM errand.jobs WHERE waiting AND NOT claimable AND run_at <= $1::bigint
                ORDER BY run_at LIMIT 1000 FOR UPDATE SKIP LOCKED)
            UPDATE errand.jobs j SET claimable = true FROM due WHERE j.number = due.number
            """,
            .int(now)
        )
    }

    /// Takes back that jobs are claimable which are not due any more, after the clock was set back.
    ///
    /// Nothing breaks without it, as a claim looks at the time too; only the next due time would be too late.
    private func demoteAfterJump() throws(JobStoreError) {
        let slack = context.options.clock == nil ? Int64(1000) : 0
        let latest = context.latestWrite.withLock { $0 }
        guard now < latest - slack else { return }
        try sql("UPDATE errand.jobs SET claimable = false WHERE claimable AND run_at > $1::bigint", .int(now))
        afterCommit.append { [context, now] in context.latestWrite.withLock { $0 = now } }
    }

    private func nextDue(for request: ClaimRequest) throws(JobStoreError) -> Duration? {
        let due = try sql(
            """
            SELECT run_at FROM errand.jobs WHERE waiting AND NOT claimable AND type = ANY ($1::text[])
                AND ($2::text[] IS NULL OR queue = ANY ($2::text[])) ORDER BY run_at LIMIT 1
            """,
            .texts(request.types),
            request.queues.map { .texts($0) } ?? .null
        )
        .first { (row) throws(JobStoreError) in row.int() }
        return due.map { .milliseconds(max(0, $0 - now)) }
    }

    /// Goes from lane to lane through the index; the jobs within a lane are counted up to what the claim wants.
    private static let findLanes = """
        WITH RECURSIVE lanes AS (
            (SELECT j.queue, coalesce(j.tenant, '') AS tenant FROM errand.jobs j WHERE j.claimable
            ORDER BY j.queue, coalesce(j.tenant, '') LIMIT 1)
            UNION ALL
            SELECT n.queue, n.tenant FROM lanes l CROSS JOIN LATERAL (
                SELECT j.queue, coalesce(j.tenant, '') AS tenant FROM errand.jobs j
                WHERE j.claimable AND (j.queue, coalesce(j.tenant, '')) > (l.queue, l.tenant)
                ORDER BY j.queue, coalesce(j.tenant, '') LIMIT 1) n)
        SELECT l.queue, l.tenant, (SELECT count(*) FROM (
            SELECT 1 FROM errand.jobs j
            WHERE j.claimable AND j.queue = l.queue AND coalesce(j.tenant, '') = l.tenant
                AND j.type = ANY ($2::text[]) AND j.run_at <= $3::bigint LIMIT $4::bigint) found)
        FROM lanes l
        WHERE ($1::text[] IS NULL OR l.queue = ANY ($1::text[])) AND NOT EXISTS (
            SELECT FROM errand.queues q WHERE q.name = l.queue AND q.paused_since IS NOT NULL)
        """

    private static let takeJobs = """
        WITH taken AS MATERIALIZED (
            SELECT n.number, t.lane
            FROM unnest($1::text[], $2::text[], $3::bigint[]) WITH ORDINALITY AS t(queue, tenant, quota, lane)
            CROSS JOIN LATERAL (
                SELECT j.number FROM errand.jobs j
                WHERE j.claimable AND j.queue = t.queue AND coalesce(j.tenant, '') = t.tenant
                    AND j.type = ANY ($4::text[]) AND j.run_at <= $5::bigint
                ORDER BY j.priority, j.run_at, j.number LIMIT t.quota FOR UPDATE SKIP LOCKED) n)
        UPDATE errand.jobs j SET status = 1, waiting = false, claimable = false, fence = fence + 1, rev = rev + 1,
            attempt = attempt + 1, started_at = $5::bigint, updated_at = $5::bigint, worker = $6::text,
            session = $7::boolean, lease_end = $8::bigint, progress = NULL, progress_message = NULL
        FROM taken WHERE j.number = taken.number
        RETURNING \(ClaimedRow.columns)
        """
}

extension ClaimRotation {
    fileprivate mutating func merge(_ served: ClaimRotation) {
        queue = served.queue ?? queue
        tenants.merge(served.tenants) { _, new in new }
    }
}
#endif
