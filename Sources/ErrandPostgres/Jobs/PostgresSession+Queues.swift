#if Postgres
import Errand
import FoundationEssentials

// What is set about queues.
extension PostgresSession {
    func configure(_ queue: Name, _ queueChanges: [QueueChange], ifRev: Set<Int64>?) throws(JobStoreError) {
        var record = try lockedRecord(of: queue)
        try JobStoreError.check(ifRev, include: record.overrides.rev, ofQueue: queue)
        for change in queueChanges { record.apply(change, at: time.wall) }
        try write(record, of: queue)
        changes.queues.insert(queue)
    }

    func delete(queue: Name) throws(JobStoreError) {
        // The sum of what transactions added: no index is needed, and none of the jobs is looked at.
        let jobs = try sql(
            "SELECT coalesce(sum(jobs), 0)::bigint FROM errand.job_counts WHERE queue = $1::text",
            .text(queue)
        )
        .first { (row) throws(JobStoreError) in row.int() }
        guard jobs ?? 0 == 0 else { throw .queueInUse(queue, jobs: Int(jobs ?? 0)) }
        let deleted = try sql("DELETE FROM errand.queues WHERE name = $1::text RETURNING 1::bigint", .text(queue))
            .first { (row) throws(JobStoreError) in row.int() }
        guard deleted != nil else { throw .noQueue(queue) }
        try sql("DELETE FROM errand.queue_overrides WHERE name = $1::text", .text(queue))
        changes.queues.insert(queue)
    }

    /// The settings of a queue, whose row is made where there is none, and locked.
    private func lockedRecord(of queue: Name) throws(JobStoreError) -> QueueRecord {
        try sql("INSERT INTO errand.queues (name) VALUES ($1::text) ON CONFLICT DO NOTHING", .text(queue))
        let found = try sql("\(Self.readQueues) WHERE q.name = $1::text FOR UPDATE OF q", .text(queue))
            .first { (row) throws(JobStoreError) in Self.record(&row).record }
        guard let found else { throw JobStoreError(.corrupt, "The queue \"\(queue)\" went while it was changed.") }
        return found
    }

    /// A changed rate limit holds for the window under way; a lifted one is forgotten with it.
    private func write(_ record: QueueRecord, of queue: Name) throws(JobStoreError) {
        try sql(
            """
            UPDATE errand.queues SET paused_since = $2::bigint, paused_by = $3::text, pause_reason = $4::text,
                concurrency = $5::integer, rate_count = $6::integer, rate_per = $7::bigint,
                window_opened = CASE WHEN $6::integer IS NOT NULL THEN window_opened END,
                window_claimed = CASE WHEN $6::integer IS NOT NULL THEN window_claimed END
            WHERE name = $1::text
            """,
            .text(queue),
            .int(record.pause?.since.milliseconds),
            .text(record.pause?.by),
            .text(record.pause?.reason),
            .int(record.concurrency.map { Int64($0) }),
            .int(record.rateLimit.map { Int64($0.count) }),
            .int(record.rateLimit?.per.wholeMilliseconds)
        )
        let overrides = record.overrides
        try sql(
            """
            INSERT INTO errand.queue_overrides (name, rev, has_concurrency, has_rate, configured_concurrency,
                configured_rate_count, configured_rate_per)
            VALUES ($1::text, $2::bigint, $3::boolean, $4::boolean, $5::integer, $6::integer, $7::bigint)
            ON CONFLICT (name) DO UPDATE SET rev = excluded.rev, has_concurrency = excluded.has_concurrency,
                has_rate = excluded.has_rate, configured_concurrency = excluded.configured_concurrency,
                configured_rate_count = excluded.configured_rate_count,
                configured_rate_per = excluded.configured_rate_per
            """,
            .text(queue),
            .int(overrides.rev),
            .bool(overrides.hasConcurrency),
            .bool(overrides.hasRateLimit),
            .int(overrides.configuredConcurrency.map { Int64($0) }),
            .int(overrides.configuredRateLimit.map { Int64($0.count) }),
            .int(overrides.configuredRateLimit?.per.wholeMilliseconds)
        )
    }

    /// The settings of all queues that have a row.
    func queueSettings() throws(JobStoreError) -> [QueueState] {
        try sql(Self.readQueues).map { (row) throws(JobStoreError) in
            let (name, record) = Self.record(&row)
            return QueueState(name: name, record)
        }
    }

    private static let readQueues = """
        SELECT q.name, q.paused_since, q.paused_by, q.pause_reason, q.concurrency, q.rate_count, q.rate_per,
            o.rev, o.has_concurrency, o.has_rate, o.configured_concurrency, o.configured_rate_count,
            o.configured_rate_per
        FROM errand.queues q LEFT JOIN errand.queue_overrides o ON o.name = q.name
        """

    /// Reads a row of ``readQueues``.
    private static func record(_ row: inout PostgresRow) -> (name: Name, record: QueueRecord) {
        let name = row.name()
        let (since, by, reason) = (row.optionalDate(), row.optionalText(), row.optionalText())
        let concurrency = row.optionalInt().map { Int($0) }
        var record = QueueRecord(
            pause: since.map { QueueState.Pause(since: $0, by: by, reason: reason) },
            concurrency: concurrency,
            rateLimit: RateLimit(&row)
        )
        if let overrides = QueueOverrides(&row) { record.overrides = overrides }
        return (name, record)
    }
}

extension QueueOverrides {
    /// Reads what is kept of overrides, the last columns of a row; nil where nothing is.
    init?(_ row: inout PostgresRow) {
        guard let rev = row.optionalInt() else { return nil }
        let (hasConcurrency, hasRateLimit) = (row.bool(), row.bool())
        let configured = row.optionalInt().map { Int($0) }
        self.init(configured: configured, RateLimit(&row))
        (self.rev, self.hasConcurrency, self.hasRateLimit) = (rev, hasConcurrency, hasRateLimit)
    }
}
#endif
