#if Postgres
public import Errand
import FoundationEssentials

/// A PostgreSQL schema that is filled by a copy.
public final class PostgresArchiveTarget: JobArchiveTarget {
    private let store: PostgresJobStore

    /// Makes a target; the schema is made by the copy where it is missing.
    ///
    /// - Parameters:
    ///   - url: What libpq understands.
    ///   - options: The schema, and what else there is to say.
    /// - Throws: `invalid` when the schema's name is none.
    public init(url: String, options: PostgresJobStore.Options) throws(JobStoreError) {
        var options = options
        options.notifies = false
        store = try PostgresJobStore(url: url, options: options)
    }

    /// Makes a target as a URL says; see ``PostgresURL``.
    public convenience init(_ url: PostgresURL) throws(JobStoreError) {
        try self.init(url: url.connection, options: url.options)
    }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func close() { store.close() }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func begin(from source: String, _ summary: ArchiveSummary) async throws(JobStoreError) -> ArchiveStart {
        try await store.applyMigrations()
        return try await store.write { session throws(JobStoreError) in try session.beginCopy(from: source, summary) }
    }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func write(_ records: [ArchiveRecord]) async throws(JobStoreError) {
        try await store.write { session throws(JobStoreError) in try session.restore(records) }
    }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func finish(from source: String, _ summary: ArchiveSummary) async throws(JobStoreError) {
        try await store.write { session throws(JobStoreError) in try session.finishCopy(from: source, summary) }
        // The leases of runs that were left over ended long ago.
        while try await store.reap(limit: 500) > 0 {}
    }
}

// The beginning and the end of a copy to this schema.
extension PostgresSession {
    fileprivate func beginCopy(
        from source: String,
        _ summary: ArchiveSummary
    ) throws(JobStoreError) -> ArchiveStart {
        // Two copies that begin at once take turns.
        try sql("LOCK TABLE errand.copies IN EXCLUSIVE MODE")
        let start = try summary.start(from: source, after: earlierCopy(), isEmpty: isEmpty())
        guard start == .new else { return start }
        // Settings alone do not fill a store; those of the source take their place.
        try sql("DELETE FROM errand.queues")
        try sql("DELETE FROM errand.queue_overrides")
        // Whoever submits by SQL meanwhile, which nothing refuses, takes no number that will be copied.
        try advance("errand.job_numbers", to: summary.lastNumber)
        try sql(
            "INSERT INTO errand.copies VALUES ($1::text, $2::text, $3::bigint, NULL)",
            .text(source),
            .text(summary.fingerprint),
            .int(now)
        )
        return start
    }

    private func isEmpty() throws(JobStoreError) -> Bool {
        try sql(
            """
            SELECT NOT (EXISTS (SELECT FROM errand.jobs) OR EXISTS (SELECT FROM errand.tombstones)
                OR EXISTS (SELECT FROM errand.uploads) OR EXISTS (SELECT FROM errand.datasets))
            """
        )
        .first { (row) throws(JobStoreError) in row.bool() } ?? false
    }

    fileprivate func finishCopy(from source: String, _ summary: ArchiveSummary) throws(JobStoreError) {
        try advance("errand.job_numbers", to: summary.lastNumber)
        try advance("errand.dataset_generations", to: summary.lastGeneration)
        try sql(
            """
            SELECT setval(pg_get_serial_sequence('errand.datasets', 'dataset'), max(dataset)) FROM errand.datasets
            HAVING max(dataset) IS NOT NULL
            """
        )
        try sql(
            """
            SELECT setval(pg_get_serial_sequence('errand.audit', 'number'), max(number)) FROM errand.audit
            HAVING max(number) IS NOT NULL
            """
        )
        try sql(
            """
            SELECT setval(pg_get_serial_sequence('errand.cascades', 'sequence'), max(sequence)) FROM errand.cascades
            HAVING max(sequence) IS NOT NULL
            """
        )
        try sql("DELETE FROM errand.job_counts")
        try sql(
            """
            INSERT INTO errand.job_counts (tenant, project, type, queue, status, jobs)
            SELECT j.tenant, j.project, j.type, j.queue, s.status, count(*) FROM errand.jobs j
            JOIN (SELECT number, status FROM errand.live UNION ALL SELECT number, status FROM errand.ended) s
                ON s.number = j.number
            GROUP BY j.tenant, j.project, j.type, j.queue, s.status
            """
        )
        try sql(
            "UPDATE errand.copies SET finished_at = $1::bigint WHERE source = $2::text",
            .int(now),
            .text(source)
        )
    }

    /// Has a sequence go on behind a number, and never back.
    private func advance(_ sequence: String, to number: Int64) throws(JobStoreError) {
        try sql(
            "SELECT setval('\(sequence)', greatest($1::bigint, last_value)) FROM \(sequence) WHERE $1::bigint > 0",
            .int(number)
        )
    }
}
#endif
