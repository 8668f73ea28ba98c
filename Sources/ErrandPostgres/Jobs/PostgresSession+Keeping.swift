#if Postgres
import Errand
import FoundationEssentials

// Taking back what dead workers held, and deleting what is over.
extension PostgresSession {
    /// Takes back runs whose lease is over, the longest over first, and fails tracked jobs that went silent.
    func reap(limit: Int) throws(JobStoreError) -> Int {
        try endStops()
        let orphans = try hold(
            sql(Self.lockOrphans, .int(time.steady.wholeMicroseconds), .int(Int64(max(0, limit)))),
            of: .live
        )
        for number in orphans { _ = try apply(.reap, to: number) }
        let silent = try hold(sql(Self.lockSilent, .int(now)), of: .live)
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
        try endStops()
        let hasMoreRows = try pruneGenerations(rows: 2000)
        var numbers: [Int64] = []
        for table in JobRow.Table.all {
            let rest = Int64(max(0, limit - numbers.count))
            numbers += try hold(sql(Self.lockExpired(table), .int(now), .int(rest)), of: table)
        }
        let expired = numbers.compactMap { held[$0]?.job }
        // What waits for a tracked job whose record goes would wait for ever.
        for job in expired where !job.status.isTerminal && held[job.number]?.hasDependents == true {
            beginCascade(of: job.number, job.id, isCompleted: false)
        }
        try remove(expired)
        try pruneUploads(limit: limit)
        try run([forgettingTombstones, forgettingAnswers, orphans, forgetting(deletedFiles)].compactMap(\.self))
        let orphans = try sql("SELECT key FROM errand.orphaned_files ORDER BY key LIMIT 1000")
            .map { (row) throws(JobStoreError) in row.text() }
        return PruneResult(deletedRecords: expired.count, orphanedFiles: orphans, hasMore: hasMoreRows)
    }

    /// Notes the objects that no record names any more, in the order of their keys; nil where there are none.
    var orphans: PostgresStatement? {
        guard !orphanedKeys.isEmpty else { return nil }
        defer { orphanedKeys = [] }
        order.write()
        return PostgresStatement(
            "INSERT INTO errand.orphaned_files SELECT unnest($1::text[]) ON CONFLICT DO NOTHING",
            [.texts(orphanedKeys.sorted())]
        )
    }

    /// Forgets orphaned objects that are deleted; what another prune is about to forget is left to it.
    private func forgetting(_ deletedFiles: [String]) -> PostgresStatement? {
        guard !deletedFiles.isEmpty else { return nil }
        return PostgresStatement(
            """
            DELETE FROM errand.orphaned_files WHERE key IN (
                SELECT key FROM errand.orphaned_files WHERE key = ANY ($1::text[]) FOR UPDATE SKIP LOCKED)
            """,
            [.texts(deletedFiles)]
        )
    }

    private var forgettingTombstones: PostgresStatement {
        PostgresStatement(
            """
            DELETE FROM errand.tombstones WHERE number IN (
                SELECT number FROM errand.tombstones WHERE deleted_at <= $1::bigint FOR UPDATE SKIP LOCKED)
            """,
            [.int(now - Tombstone.lifetime)]
        )
    }

    /// Takes records away with all that belongs to them, and leaves tombstones.
    func remove(_ jobs: [Job]) throws(JobStoreError) {
        guard !jobs.isEmpty else { return }
        let numbers = PostgresValue.ints(jobs.map(\.number))
        let uploads = try sql("SELECT id FROM errand.uploads WHERE job = ANY ($1::bigint[])", numbers)
            .map { (row) throws(JobStoreError) in try row.id() }
        try lockUploads(uploads)
        try flush()
        try sql(
            """
            INSERT INTO errand.tombstones (number, id, tenant, project, deleted_at)
            SELECT number, id, tenant, project, $2::bigint FROM errand.jobs WHERE number = ANY ($1::bigint[])
            """,
            numbers,
            .int(now)
        )
        let keys = try sql(
            """
            WITH files AS (DELETE FROM errand.job_files WHERE number = ANY ($1::bigint[]) RETURNING key),
            uploads AS (
                DELETE FROM errand.uploads WHERE id = ANY ($2::uuid[]) AND job = ANY ($1::bigint[]) RETURNING key)
            SELECT key FROM files UNION SELECT key FROM uploads
            """,
            numbers,
            .ids(uploads)
        )
        orphanedKeys.formUnion(try keys.map { (row) throws(JobStoreError) in row.name() })
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
