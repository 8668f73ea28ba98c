import Errand
import FoundationEssentials

extension ArchiveSection {
    /// Where its records are; rows of generations that nobody sees any more are none.
    var source: String {
        switch self {
        case .queues: "queues LEFT JOIN queue_overrides USING (name)"
        case .jobs: JobRow.source
        case .dependencies: "job_dependencies"
        case .cascades: "cascades"
        case .logs: "job_logs"
        case .files: "job_files"
        case .uploads: "uploads"
        case .tombstones:
            """
            tombstones b LEFT JOIN tenants t ON t.tenant = b.tenant LEFT JOIN projects p ON p.project = b.project
            """
        case .answers: "kept_answers"
        case .orphanedFiles: "orphaned_files"
        case .datasets: "datasets"
        case .datasetWrites: "dataset_writes"
        case .rows:
            """
            dataset_rows WHERE generation IN (
                SELECT generation FROM datasets UNION SELECT generation FROM dataset_writes)
            """
        case .keys: "api_keys"
        case .webhooks: "webhooks"
        case .audit: "audit"
        case .spentTokens: "spent_tokens"
        }
    }

    /// Selects at most ?3 records whose key is greater than ?1, or ?1 and ?2.
    var page: String {
        let word = self == .rows ? "AND" : "WHERE"
        return "SELECT \(columns) FROM \(source) \(word) \(key) ORDER BY \(order) LIMIT ?3"
    }

    private var key: String {
        let keys = order.split(separator: ", ")
        // ?2 stands there in any case, so that it may be bound.
        return keys.count == 2 ? "(\(order)) > (?1, ?2)" : "\(order) > ?1 AND ?2 IS NOT NULL"
    }

    private var order: String {
        switch self {
        case .queues: "name"
        case .jobs: "j.number"
        case .dependencies: "dependent, dependency"
        case .cascades: "sequence"
        case .logs: "number, sequence"
        case .files: "number, name"
        case .uploads, .answers, .keys, .webhooks, .spentTokens: "id"
        case .tombstones: "b.number"
        case .orphanedFiles: "key"
        case .datasets: "dataset"
        case .datasetWrites: "dataset, job"
        case .rows: "generation, position"
        case .audit: "number"
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
        case .jobs: JobRow.columns + ", j.fingerprint"
        case .dependencies: "dependent, dependency"
        case .logs: "number, sequence, attempt, at, level, message"
        case .files: "number, name, key, size, sha256, content_type"
        case .uploads: "id, tenant, key, filename, size, sha256, expires_at, job"
        case .tombstones: "b.number, b.id, t.name, p.id, b.deleted_at"
        case .orphanedFiles: "key"
        case .datasets: "dataset, tenant, project, name, columns, generation, row_count, updated_at"
        case .datasetWrites: "dataset, job, generation, mode, columns, row_count, base_count"
        case .rows: "generation, position, cells"
        case .answers, .cascades, .keys, .webhooks, .audit, .spentTokens: "*"
        }
    }
}

extension JobRow {
    /// Where the fingerprint stands behind ``columns``.
    static let fingerprint: CInt = 47
}

// What the columns of the sections say.
extension SQLStatement {
    var archivedQueue: ArchivedQueue {
        let settings = QueueSettings(row: self)
        let state = QueueState(
            name: name(0),
            pause: settings.pause,
            concurrency: settings.concurrency,
            rateLimit: RateLimit(row: self)
        )
        let opened = optionalInt(7).map(Date.init(milliseconds:))
        var queue = ArchivedQueue(state, windowOpenedAt: opened, windowClaimed: Int(int(8)))
        if !isNull(9) { queue.overrides = QueueOverrides(row: self, from: 9) }
        return queue
    }

    var archivedLine: StoredLogLine {
        let level = LogLine.Level(rawValue: text(4)) ?? .info
        let line = LogLine(at: Date(milliseconds: int(3)), level: level, message: text(5))
        return StoredLogLine(sequence: int(1), attempt: Int(int(2)), line: line)
    }

    var archivedFile: JobFile {
        JobFile(name: text(1), key: text(2), size: int(3), sha256: text(4), contentType: text(5))
    }

    var archivedUpload: ArchivedUpload {
        let upload = Upload(
            id: id(0),
            key: text(2),
            filename: text(3),
            size: int(4),
            sha256: text(5),
            expiresAt: Date(milliseconds: int(6))
        )
        return ArchivedUpload(upload, tenantId: optionalName(1), job: optionalInt(7))
    }

    var archivedTombstone: ArchivedTombstone {
        ArchivedTombstone(
            number: int(0),
            id: id(1),
            tenantId: optionalName(2),
            projectId: optionalName(3),
            deletedAt: Date(milliseconds: int(4))
        )
    }

    func archivedDataset() throws(JobStoreError) -> Dataset {
        Dataset(
            generation: int(5),
            reference: DatasetReference(tenantId: optionalName(1), projectId: name(2), name: name(3)),
            columns: try DatasetRecord.columns(in: text(4)),
            rowCount: int(6),
            updatedAt: Date(milliseconds: int(7))
        )
    }

    func archivedWrite() throws(JobStoreError) -> ArchivedDatasetWrite {
        guard let mode = DatasetWriteMode(rawValue: text(3)) else {
            throw JobStoreError(.corrupt, "A dataset's write has the unknown mode \"\(text(3))\".")
        }
        let write = DatasetWrite(dataset: int(0), generation: int(2), mode: mode, rowCount: int(6))
        let columns = try DatasetRecord.columns(in: text(4))
        return ArchivedDatasetWrite(write, job: int(1), columns: columns, writtenCount: int(5))
    }
}
