#if Postgres
import Errand

extension ArchiveSection {
    /// Where its records are: rows of generations that nobody sees any more are none.
    var source: String {
        switch self {
        case .queues: "errand.queues LEFT JOIN errand.queue_overrides USING (name)"
        case .jobs: "errand.jobs"
        case .dependencies: "errand.job_dependencies"
        case .cascades: "errand.cascades"
        case .logs: "errand.job_logs"
        case .files: "errand.job_files"
        case .uploads: "errand.uploads"
        case .tombstones: "errand.tombstones"
        case .answers: "errand.kept_answers k"
        case .orphanedFiles: "errand.orphaned_files"
        case .datasets: "errand.datasets"
        case .datasetWrites: "errand.dataset_writes"
        case .rows:
            """
            errand.dataset_rows WHERE generation IN (
                SELECT generation FROM errand.datasets UNION SELECT generation FROM errand.dataset_writes)
            """
        case .keys: "errand.api_keys"
        case .webhooks: "errand.webhooks"
        case .audit: "errand.audit"
        case .spentTokens: "errand.spent_tokens"
        }
    }

    /// Selects the records behind a key, the last parameter many at most.
    ///
    /// - Parameter isFirst: Whether there is no key, and the page is the first.
    /// - Returns: The statement's text.
    func page(isFirst: Bool) -> String {
        guard self != .jobs else { return Self.pageOfJobs(isFirst: isFirst) }
        let key = isFirst ? "" : "\(source.contains("WHERE") ? "AND" : "WHERE") \(condition)"
        let limit = isFirst ? 1 : keys.count + 1
        return "SELECT \(columns) FROM \(source) \(key) ORDER BY \(order) LIMIT $\(limit)::bigint"
    }

    /// Jobs that have ended and jobs that have not, in the order of their numbers.
    private static func pageOfJobs(isFirst: Bool) -> String {
        let key = isFirst ? "" : "WHERE s.number > $1::bigint"
        let limit = "LIMIT $\(isFirst ? 1 : 2)::bigint"
        let parts = JobRow.Table.all.map { "(\(JobRow.whole($0)) \(key) ORDER BY s.number \(limit))" }
        return parts.joined(separator: " UNION ALL ") + " ORDER BY 1 \(limit)"
    }

    private var condition: String {
        let values = keys.enumerated().map { "$\($0 + 1)::\($1.type)" }.joined(separator: ", ")
        return "(\(order)) > (\(values))"
    }

    private var order: String { keys.map(\.name).joined(separator: ", ") }

    private var keys: [(name: String, type: String)] {
        switch self {
        case .queues: [("name", "text")]
        case .jobs, .tombstones, .audit: [("number", "bigint")]
        case .dependencies: [("dependent", "bigint"), ("dependency", "bigint")]
        case .cascades: [("sequence", "bigint")]
        case .logs: [("number", "bigint"), ("sequence", "bigint")]
        case .files: [("number", "bigint"), ("name", "text")]
        case .uploads, .answers, .keys, .webhooks: [("id", "uuid")]
        case .spentTokens: [("id", "text")]
        case .orphanedFiles: [("key", "text")]
        case .datasets: [("dataset", "bigint")]
        case .datasetWrites: [("dataset", "bigint"), ("job", "bigint")]
        case .rows: [("generation", "bigint"), ("position", "bigint")]
        }
    }

    private var columns: String {
        switch self {
        case .queues:
            """
            name, paused_since, paused_by, pause_reason, concurrency, rate_count, rate_per, window_opened,
            window_claimed, rev, has_concurrency, has_rate, configured_concurrency, configured_rate_count,
            configured_rate_per
            """
        case .jobs: JobRow.columns
        case .dependencies: "dependent, dependency"
        case .cascades: Cascade.columns
        case .logs: "number, sequence, attempt, at, level, message"
        case .files: "number, name, key, size, sha256, content_type"
        case .uploads: "id, tenant, key, filename, size, sha256, expires_at, job"
        case .tombstones: "number, id, tenant, project, deleted_at"
        case .answers: KeptAnswer.columns
        case .orphanedFiles: "key"
        case .datasets: "dataset, tenant, project, name, to_json(columns), generation, row_count, updated_at"
        case .datasetWrites: "dataset, job, generation, mode, to_json(columns), row_count, base_count"
        case .rows: "generation, position, cells"
        case .keys: APIKey.columns
        case .webhooks: Webhook.columns
        case .audit: AuditEntry.columns
        case .spentTokens: "id, until"
        }
    }
}
#endif
