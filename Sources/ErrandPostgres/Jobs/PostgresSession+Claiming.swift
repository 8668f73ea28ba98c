#if Postgres
import Errand
import FoundationEssentials
import Synchronization

extension PostgresSession {
    /// Moves claimable jobs to `Running`.
    func claim(_ request: ClaimRequest) throws(JobStoreError) -> Claim {
        try demoteAfterJump()
        var tenants = TenantRoom(limit: nil, running: [:])
        // One round trip says what there is; only where queues are limited another says how far.
        let queues: PostgresValue = request.queues.map { .texts($0) } ?? .null
        let found = try run([
            promotion, PostgresStatement(Self.findLimits, [queues]), lanes(for: request), nextDue(for: request),
        ])
        // From here on jobs are passed over that others have locked.
        order.write()
        var limits = try limits(in: found[1])
        var jobs: [ClaimedJob] = []
        if request.limit > 0, !request.types.isEmpty {
            let lanes = try found[2].map { (row) throws(JobStoreError) in
                ClaimLane(queue: row.name(), tenant: row.name(), available: Int(row.int()))
            }
            if lanes.contains(where: { $0.available > 0 }) { tenants = try tenantRoom(for: request) }
            let rooms = limits.mapValues { $0.room(at: time.steady) }
            let rotation = context.rotation.withLock { $0 }
            let turns = ClaimTurns(lanes, rooms: rooms, tenants: tenants, rotation: rotation, limit: request.limit)
            tenants = turns.tenants
            if !turns.order.isEmpty { jobs = try take(turns.order, of: lanes, for: request) }
            try count(jobs, against: &limits)
        }
        let pause = tenants.hasHeldBack ? TenantRoom.pause : nil
        let waits = [try wait(found[3]), try nextWindow(of: limits, for: request), pause]
        return Claim(jobs: jobs, nextDue: waits.compactMap(\.self).min())
    }

    /// The lanes with something to take, in queues that are not paused.
    private func lanes(for request: ClaimRequest) -> PostgresStatement {
        PostgresStatement(
            Self.findLanes,
            [
                request.queues.map { .texts($0) } ?? .null, .texts(request.types),
                .int(Int64(max(0, request.limit))), .text(request.tenantId), projects(of: request),
            ]
        )
    }

    private func projects(of request: ClaimRequest) -> PostgresValue {
        request.projects.map { .texts($0.sorted()) } ?? .null
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
            .int((time.steady + request.lease).wholeMicroseconds),
            projects(of: request)
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
        remember(served)
        return jobs
    }

    /// Keeps who was served, once that is durable.
    func remember(_ served: ClaimRotation) {
        afterCommit.append { [context] in context.rotation.withLock { $0.merge(served) } }
    }

    private func note(_ row: ClaimedRow) {
        let job = row.job
        let (tenant, project) = (job.tenantId, job.projectId)
        counts.add(-1, .queued, type: job.type, queue: job.queue, tenant: tenant, project: project)
        counts.add(1, .running, type: job.type, queue: job.queue, tenant: tenant, project: project)
        tell(of: row)
    }

    /// Notes a visible change.
    func tell(of row: ClaimedRow) {
        let job = row.job
        changes.jobs[job.lease.id] =
            JobChange(id: job.lease.id, tenantId: job.tenantId, projectId: job.projectId, rev: row.rev)
    }

    /// Makes scheduled jobs that fell due claimable, up to 1,000; the rest follow at the next claim.
    var promotion: PostgresStatement {
        PostgresStatement(
            """
            WITH due AS MATERIALIZED (
                SELECT number FROM errand.live WHERE waiting AND NOT claimable AND run_at <= $1::bigint
                    AND (stop_end IS NULL OR stop_end <= $2::bigint)
                ORDER BY run_at LIMIT 1000 FOR UPDATE SKIP LOCKED)
            UPDATE errand.live s SET claimable = true FROM due WHERE s.number = due.number
            """,
            [.int(now), .int(time.steady.wholeMicroseconds)]
        )
    }

    /// Takes back that jobs are claimable which are not due any more, after the clock was set back.
    ///
    /// Claims take what is claimable and do not look at the time: processes differ by the time an answer takes in what
    /// they hold the server's clock to be, and one must not pass over what another has just found due.
    func demoteAfterJump() throws(JobStoreError) {
        let slack = context.options.clock == nil ? Int64(1000) : 0
        let latest = context.latestWrite.withLock { $0 }
        guard now < latest - slack else { return }
        // After others were locked, what is locked elsewhere is left to the next claim.
        let isFirst = order.jobs.isEmpty
        try sql(
            """
            WITH early AS MATERIALIZED (
                SELECT number FROM errand.live WHERE claimable AND run_at > $1::bigint
                ORDER BY number FOR UPDATE\(isFirst ? "" : " SKIP LOCKED"))
            UPDATE errand.live s SET claimable = false FROM early WHERE s.number = early.number
            """,
            .int(now)
        )
        order.write()
        guard isFirst else { return }
        afterCommit.append { [context, now] in context.latestWrite.withLock { $0 = now } }
    }

    /// How long it is until what ``nextDue(for:)`` found.
    func wait(_ rows: PostgresRows) throws(JobStoreError) -> Duration? {
        try rows.first { (row) throws(JobStoreError) -> Duration? in
            let due = row.optionalInt().map { Duration.milliseconds(max(0, $0.saturatingDifference(now))) }
            let stopped = row.optionalInt().map { max(.zero, .microseconds($0) - time.steady) }
            return [due, stopped].compactMap(\.self).min()
        } ?? nil
    }

    /// When the first job of those that wait falls due, and when the first run must have stopped that is stopping,
    /// which may hold back anything: a place, or its job.
    func nextDue(for request: ClaimRequest) -> PostgresStatement {
        PostgresStatement(
            """
            SELECT (SELECT n.run_at FROM unnest($1::text[]) AS t(type) CROSS JOIN LATERAL (
                SELECT s.run_at FROM errand.live s WHERE s.waiting AND NOT s.claimable AND s.type = t.type
                    AND (s.stop_end IS NULL OR s.stop_end <= $5::bigint)
                    AND ($2::text[] IS NULL OR s.queue = ANY ($2::text[]))
                    AND ($3::text IS NULL OR s.tenant = $3::text)
                    AND ($4::text[] IS NULL OR s.project = ANY ($4::text[])) ORDER BY s.run_at LIMIT 1) n
            ORDER BY n.run_at LIMIT 1),
            (SELECT min(stop_end) FROM errand.live WHERE stop_end > $5::bigint)
            """,
            [
                .texts(request.types), request.queues.map { .texts($0) } ?? .null, .text(request.tenantId),
                projects(of: request), .int(time.steady.wholeMicroseconds),
            ]
        )
    }

    /// Goes from lane to lane through the index.
    static let lanes = """
        lanes AS (
            (SELECT s.queue, coalesce(s.tenant, '') AS tenant FROM errand.live s WHERE s.claimable
            ORDER BY s.queue, coalesce(s.tenant, '') LIMIT 1)
            UNION ALL
            SELECT n.queue, n.tenant FROM lanes l CROSS JOIN LATERAL (
                SELECT s.queue, coalesce(s.tenant, '') AS tenant FROM errand.live s
                WHERE s.claimable AND (s.queue, coalesce(s.tenant, '')) > (l.queue, l.tenant)
                ORDER BY s.queue, coalesce(s.tenant, '') LIMIT 1) n)
        """

    /// The jobs within a lane are counted up to what the claim wants.
    private static let findLanes = """
        WITH RECURSIVE \(lanes)
        SELECT l.queue, l.tenant, (SELECT count(*) FROM (
            SELECT 1 FROM errand.live s
            WHERE s.claimable AND s.queue = l.queue AND coalesce(s.tenant, '') = l.tenant
                AND s.type = ANY ($2::text[]) AND ($5::text[] IS NULL OR s.project = ANY ($5::text[]))
            LIMIT $3::bigint) found)
        FROM lanes l
        WHERE ($4::text IS NULL OR l.tenant = $4::text) AND ($1::text[] IS NULL OR l.queue = ANY ($1::text[]))
            AND NOT EXISTS (SELECT FROM errand.queues q WHERE q.name = l.queue AND q.paused_since IS NOT NULL)
        """

    /// What a claim makes of a row; the parameters are the time, the worker and the lease's end, from this one on.
    static func becomingRun(_ first: Int) -> String {
        """
        status = 1, waiting = false, claimable = false, fence = s.fence + 1, rev = s.rev + 1,
            stop_fence = NULL, stop_end = NULL,
            attempt = s.attempt + 1, started_at = $\(first)::bigint, updated_at = $\(first)::bigint,
            worker = $\(first + 1)::text, lease_end = $\(first + 2)::bigint, progress = NULL, progress_message = NULL
        """
    }

    private static let takeJobs = """
        WITH taken AS MATERIALIZED (
            SELECT n.place, n.number, t.lane
            FROM unnest($1::text[], $2::text[], $3::bigint[]) WITH ORDINALITY AS t(queue, tenant, quota, lane)
            CROSS JOIN LATERAL (
                SELECT s.ctid AS place, s.number FROM errand.live s
                WHERE s.claimable AND s.queue = t.queue AND coalesce(s.tenant, '') = t.tenant
                    AND s.type = ANY ($4::text[]) AND ($8::text[] IS NULL OR s.project = ANY ($8::text[]))
                ORDER BY s.priority, s.run_at, s.number LIMIT t.quota FOR UPDATE SKIP LOCKED) n)
        UPDATE errand.live s SET \(becomingRun(5))
        FROM taken JOIN errand.jobs j ON j.number = taken.number WHERE s.ctid = taken.place
        RETURNING taken.lane, \(ClaimedRow.columns)
        """
}

extension ClaimRotation {
    fileprivate mutating func merge(_ served: ClaimRotation) {
        queue = served.queue ?? queue
        tenants.merge(served.tenants) { _, new in new }
    }
}
#endif
