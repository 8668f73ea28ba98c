#if Postgres
import Errand
import FoundationEssentials

// Taking back what dead workers held, and deleting what is over.
extension PostgresSession {
    /// Takes back runs whose lease is over, the longest over first, and fails tracked jobs that went silent.
    func reap(limit: Int) throws(JobStoreError) -> Int {
        try endStops()
        let orphans = try hold(
            sql(Self.lockOrphans, .int(time.steady.wholeMicroseconds), .int(Int64(max(0, limit))))
        )
        for number in orphans { _ = try apply(.reap, to: number) }
        let silent = try hold(sql(Self.lockSilent, .int(now)))
        // A refusal is right: what waited for an orphan may have ended with it.
        for number in silent.sorted() { _ = try apply(.goStale, to: number) }
        try run([promotion, foldingCounts, forgettingWorkers])
        return orphans.count
    }

    /// Adds up what the counts are made of, unless another process is at it or there is little to gain.
    private var foldingCounts: PostgresStatement {
        PostgresStatement(
            """
            WITH free AS MATERIALIZED (
                SELECT WHERE (SELECT count(*) FROM (SELECT FROM errand.job_counts LIMIT 1000) rows) = 1000
                    AND pg_try_advisory_xact_lock(hashtextextended('errand.job_counts', 0))),
            parts AS (DELETE FROM errand.job_counts WHERE EXISTS (SELECT FROM free) RETURNING *)
            INSERT INTO errand.job_counts SELECT tenant, project, type, queue, status, sum(jobs) FROM parts
            GROUP BY tenant, project, type, queue, status HAVING sum(jobs) <> 0
            """
        )
    }

    /// Deletes records past their expiry, old tombstones and unused uploads.
    func prune(limit: Int, deletedFiles: [String]) throws(JobStoreError) -> PruneResult {
        if !deletedFiles.isEmpty {
            try sql("DELETE FROM errand.orphaned_files WHERE key = ANY ($1::text[])", .texts(deletedFiles))
        }
        try sql("DELETE FROM errand.tombstones WHERE deleted_at <= $1::bigint", .int(now - Tombstone.lifetime))
        try forgetOldAnswers()
        try pruneUploads(limit: limit)
        try endStops()
        let hasMoreRows = try pruneGenerations(rows: 2000)
        var numbers: [Int64] = []
        for table in JobRow.Table.all {
            let rest = Int64(max(0, limit - numbers.count))
            numbers += try hold(sql(Self.lockExpired(table), .int(now), .int(rest)))
        }
        let expired = numbers.compactMap { held[$0]?.job }
        // What waits for a tracked job whose record goes would wait for ever.
        for job in expired where !job.status.isTerminal && held[job.number]?.hasDependents == true {
            beginCascade(of: job.number, job.id, isCompleted: false)
        }
        try remove(expired)
        let orphans = try sql("SELECT key FROM errand.orphaned_files ORDER BY key LIMIT 1000")
            .map { (row) throws(JobStoreError) in row.text() }
        return PruneResult(deletedRecords: expired.count, orphanedFiles: orphans, hasMore: hasMoreRows)
    }

    /// Takes records away with all that belongs to them, and leaves tombstones.
    func remove(_ jobs: [Job]) throws(JobStoreError) {
        guard !jobs.isEmpty else { return }
        let numbers = PostgresValue.ints(jobs.map(\.number))
        try flush()
        try sql(
            """
            INSERT INTO errand.tombstones (number, id, tenant, project, deleted_at)
            SELECT number, id, tenant, project, $2::bigint FROM errand.jobs WHERE number = ANY ($1::bigint[])
            """,
            numbers,
            .int(now)
        )
        try sql(
            """
            WITH files AS (DELETE FROM errand.job_files WHERE number = ANY ($1::bigint[]) RETURNING key),
            uploads AS (DELETE FROM errand.uploads WHERE job = ANY ($1::bigint[]) RETURNING key)
            INSERT INTO errand.orphaned_files SELECT key FROM files UNION SELECT key FROM uploads
            ON CONFLICT DO NOTHING
            """,
            numbers
        )
        try sql("DELETE FROM errand.job_logs WHERE number = ANY ($1::bigint[])", numbers)
        try sql("DELETE FROM errand.log_batches WHERE number = ANY ($1::bigint[])", numbers)
        try sql("DELETE FROM errand.webhooks WHERE job = ANY ($1::bigint[])", numbers)
        try sql("DELETE FROM errand.job_dependencies WHERE dependent = ANY ($1::bigint[])", numbers)
        for table in ["live", "ended", "jobs"] {
            try sql("DELETE FROM errand.\(table) WHERE number = ANY ($1::bigint[])", numbers)
        }
        for job in jobs {
            counts.add(-1, job)
            held[job.number] = nil
            changes.jobs[job.id] = JobChange(id: job.id, tenantId: job.tenantId, projectId: job.projectId, rev: nil)
        }
    }

    private static let lockOrphans = """
        \(JobRow.narrow(.live)) WHERE s.status = 1 AND NOT s.tracked AND coalesce(s.lease_end, 0) <= $1::bigint
        ORDER BY s.lease_end NULLS FIRST, s.number LIMIT $2::bigint FOR UPDATE OF s SKIP LOCKED
        """
    private static let lockSilent = """
        \(JobRow.narrow(.live)) WHERE s.stale_at IS NOT NULL AND s.stale_at <= $1::bigint
        ORDER BY s.stale_at, s.number LIMIT 1000 FOR UPDATE OF s SKIP LOCKED
        """

    private static func lockExpired(_ table: JobRow.Table) -> String {
        """
        \(JobRow.narrow(table)) WHERE \(table == .live ? "s.tracked AND " : "")s.expires_at IS NOT NULL
            AND s.expires_at <= $1::bigint / 1000
        ORDER BY s.expires_at, s.number LIMIT $2::bigint FOR UPDATE OF s SKIP LOCKED
        """
    }
}
#endif
