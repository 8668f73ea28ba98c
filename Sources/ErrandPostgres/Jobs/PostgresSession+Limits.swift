#if Postgres
import Errand
import Synchronization

/// What limits a queue, under the lock of its row.
struct QueueLimits {
    let queue: Name
    let isPaused: Bool
    let concurrency: Int?
    var window: RateWindow?
    var running = 0

    var isFull: Bool { concurrency.map { running >= $0 } ?? false }

    /// How many more of its jobs may be claimed.
    func room(at steady: Duration) -> Int {
        min(concurrency.map { max(0, $0 - running) } ?? .max, window?.room(at: steady) ?? .max)
    }
}

extension PostgresSession {
    /// Finds the limited queues among some; their rows stay locked, so that claims take turns there.
    static let findLimits = """
        SELECT name, paused_since IS NOT NULL, concurrency, rate_count, rate_per, window_opened, window_claimed
        FROM errand.queues WHERE (concurrency IS NOT NULL OR rate_count IS NOT NULL)
            AND ($1::text[] IS NULL OR name = ANY ($1::text[])) ORDER BY name FOR UPDATE
        """

    /// The limits of the queues that were found and locked.
    func limits(in rows: PostgresRows) throws(JobStoreError) -> [Name: QueueLimits] {
        let limits = try rows.map { (row) throws(JobStoreError) in QueueLimits(&row) }
        var byName = Dictionary(limits.map { ($0.queue, $0) }) { first, _ in first }
        let counted = limits.filter { $0.concurrency != nil }.map(\.queue)
        guard !counted.isEmpty else { return byName }
        // A statement of its own: it sees what those committed who held the lock before.
        let running = try sql(
            """
            SELECT queue, count(*) FROM (
                SELECT queue FROM errand.live WHERE status = 1 AND NOT tracked AND queue = ANY ($1::text[])
                UNION ALL
                SELECT queue FROM errand.live WHERE stop_end > $2::bigint AND queue = ANY ($1::text[])) held
            GROUP BY queue
            """,
            .texts(counted),
            .int(time.steady.wholeMicroseconds)
        )
        .map { (row) throws(JobStoreError) in (row.name(), Int(row.int())) }
        for (queue, count) in running { byName[queue]?.running = count }
        return byName
    }

    /// Wakes those who wait for room that a run's end may have made: below the limit of its queue, or of its tenant.
    func noteStopped(in queue: Name, of tenant: Name?, isLimited: Bool) {
        let isTenantLimited = tenant != nil && context.limitsTenants.load(ordering: .relaxed)
        if isLimited || isTenantLimited && TenantRoom.counts(queue) { changes.queues.insert(queue) }
    }

    /// What claims may give each tenant; claims that ask for it take turns until they are committed.
    func tenantRoom(for request: ClaimRequest) throws(JobStoreError) -> TenantRoom {
        guard let limit = request.runningJobsPerTenant else { return TenantRoom(limit: nil, running: [:]) }
        context.limitsTenants.store(true, ordering: .relaxed)
        // What this transaction ended makes room, too.
        try flush()
        // Two statements: the second sees what those committed who held the lock before.
        let answers = try run([
            PostgresStatement("SELECT pg_advisory_xact_lock(hashtextextended('errand.tenants', 0))"),
            PostgresStatement(
                """
                SELECT tenant, count(*) FROM (
                    SELECT tenant, queue FROM errand.live WHERE status = 1 AND NOT tracked
                    UNION ALL
                    SELECT tenant, queue FROM errand.live WHERE stop_end > $3::bigint) held
                WHERE tenant IS NOT NULL AND NOT starts_with(queue, $1::text)
                    AND ($2::text IS NULL OR tenant = $2::text) GROUP BY tenant
                """,
                [.text(TenantRoom.ownQueues), .text(request.tenantId), .int(time.steady.wholeMicroseconds)]
            ),
        ])
        let running = try answers[1].map { (row) throws(JobStoreError) in (row.name(), Int(row.int())) }
        return TenantRoom(limit: limit, running: Dictionary(uniqueKeysWithValues: running))
    }

    /// Counts claimed jobs against the limits of their queues, and writes the windows they are counted in.
    func count(_ jobs: [ClaimedJob], against limits: inout [Name: QueueLimits]) throws(JobStoreError) {
        guard !limits.isEmpty else { return }
        var windows: [(queue: Name, window: RateWindow)] = []
        for (queue, count) in Dictionary(jobs.map { ($0.queue, 1) }, uniquingKeysWith: +) {
            limits[queue]?.running += count
            limits[queue]?.window?.count(count, at: time.steady)
            if let window = limits[queue]?.window { windows.append((queue, window)) }
        }
        guard !windows.isEmpty else { return }
        try sql(
            """
            UPDATE errand.queues q SET window_opened = w.opened, window_claimed = w.claimed
            FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS w(name, opened, claimed) WHERE q.name = w.name
            """,
            .texts(windows.map(\.queue)),
            .ints(windows.map { $0.window.opened?.wholeMicroseconds }),
            .ints(windows.map { Int64($0.window.claimed) })
        )
    }

    /// How long until the first window ends of those that hold back what nothing else does.
    func nextWindow(
        of limits: [Name: QueueLimits],
        for request: ClaimRequest
    ) throws(JobStoreError) -> Duration? {
        let waits = limits.values.compactMap { limits -> (queue: Name, wait: Duration)? in
            guard !limits.isPaused, !limits.isFull else { return nil }
            return limits.window?.wait(at: time.steady).map { (limits.queue, $0) }
        }
        guard !waits.isEmpty else { return nil }
        let held = try sql(
            """
            SELECT q.name FROM unnest($1::text[]) AS q(name) WHERE EXISTS (
                SELECT FROM errand.live s WHERE s.claimable AND s.queue = q.name AND s.type = ANY ($2::text[])
                    AND ($3::text IS NULL OR s.tenant = $3::text))
            """,
            .texts(waits.map(\.queue)),
            .texts(request.types),
            .text(request.tenantId)
        )
        .map { (row) throws(JobStoreError) in row.name() }
        return waits.filter { held.contains($0.queue) }.map(\.wait).min()
    }
}

extension QueueLimits {
    fileprivate init(_ row: inout PostgresRow) {
        queue = row.name()
        isPaused = row.bool()
        concurrency = row.optionalInt().map { Int($0) }
        let limit = RateLimit(&row)
        let (opened, claimed) = (row.optionalInt(), row.optionalInt())
        window = limit.map { limit in
            RateWindow(limit, opened: opened.map { .microseconds($0) }, claimed: Int(claimed ?? 0))
        }
    }
}

extension RateLimit {
    /// Reads `rate_count` and `rate_per`; nil where the queue has no such limit.
    init?(_ row: inout PostgresRow) {
        // Both are read in any case: what follows in the row stands behind them.
        let (count, per) = (row.optionalInt(), row.optionalInt())
        guard let count, let per else { return nil }
        self.init(count: Int(count), per: .milliseconds(per))
    }
}
#endif
