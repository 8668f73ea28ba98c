#if Postgres
import Errand
import FoundationEssentials

// Records as another store kept them, of one section at a time.
extension PostgresSession {
    /// Writes records, except those that are there already.
    func restore(_ records: [ArchiveRecord]) throws(JobStoreError) {
        let jobs: [ArchivedJob] = records.compactMap { if case .job(let job) = $0 { job } else { nil } }
        if !jobs.isEmpty { try restore(jobs) }
        let rows = records.compactMap(\.restored)
        for (table, rows) in Dictionary(grouping: rows, by: \.table) { try restore(rows.map(\.values), in: table) }
        try restore(records.compactMap(\.overrides), in: .queueOverrides)
        let concerned = Set(records.compactMap(\.concernedByItsEnd))
        guard !concerned.isEmpty else { return }
        try sql(
            "UPDATE errand.live SET has_dependents = true WHERE number = ANY ($1::bigint[]) AND NOT has_dependents",
            .ints(Array(concerned))
        )
    }

    private func restore(_ rows: [[PostgresValue]], in table: RestoredTable) throws(JobStoreError) {
        guard !rows.isEmpty else { return }
        let columns = table.columns
        let values = columns.indices.map { place in columns[place].array(rows.map { $0[place] }) }
        try run(PostgresStatement(table.insert, values))
    }
}

/// A table that is filled as it was elsewhere.
private struct RestoredTable: Hashable {
    struct Column: Hashable {
        let name: String
        let type: String

        init(_ name: String, _ type: String = "bigint") { (self.name, self.type) = (name, type) }

        /// An array within an array comes as a text, and whether something holds as a number.
        var sent: String {
            if type == "boolean" { return "integer" }
            return type.hasSuffix("[]") || type == "uuid" ? "text" : type
        }

        func array(_ values: [PostgresValue]) -> PostgresValue {
            sent == "text" ? .texts(values.map(\.textValue)) : .ints(values.map(\.intValue))
        }
    }

    let name: String
    let columns: [Column]

    var insert: String {
        let names = columns.map(\.name).joined(separator: ", ")
        let parameters = columns.enumerated().map { "$\($0 + 1)::\($1.sent)[]" }.joined(separator: ", ")
        let values = columns.map { "v.\($0.name)::\($0.type)" }.joined(separator: ", ")
        return """
            INSERT INTO errand.\(name) (\(names)) OVERRIDING SYSTEM VALUE
            SELECT \(values) FROM unnest(\(parameters)) AS v(\(names))
            ON CONFLICT DO NOTHING
            """
    }

    static let queues = RestoredTable(
        name: "queues",
        columns: [
            Column("name", "text"), Column("paused_since"), Column("paused_by", "text"), Column("pause_reason", "text"),
            Column("concurrency", "integer"), Column("rate_count", "integer"), Column("rate_per"),
            Column("window_opened"), Column("window_claimed", "integer"),
        ]
    )
    static let queueOverrides = RestoredTable(
        name: "queue_overrides",
        columns: [
            Column("name", "text"), Column("rev"), Column("has_concurrency", "boolean"), Column("has_rate", "boolean"),
            Column("configured_concurrency", "integer"), Column("configured_rate_count", "integer"),
            Column("configured_rate_per"),
        ]
    )
    static let dependencies = RestoredTable(
        name: "job_dependencies",
        columns: [Column("dependency"), Column("dependent")]
    )
    static let cascades = RestoredTable(
        name: "cascades",
        columns: [
            Column("sequence"), Column("job"), Column("id", "uuid"), Column("completed", "boolean"), Column("reached"),
        ]
    )
    static let logs = RestoredTable(
        name: "job_logs",
        columns: [
            Column("number"), Column("sequence"), Column("attempt", "integer"), Column("at"), Column("level", "text"),
            Column("message", "text"),
        ]
    )
    static let files = RestoredTable(
        name: "job_files",
        columns: [
            Column("number"), Column("name", "text"), Column("key", "text"), Column("size"), Column("sha256", "text"),
            Column("content_type", "text"),
        ]
    )
    static let uploads = RestoredTable(
        name: "uploads",
        columns: [
            Column("id", "uuid"), Column("tenant", "text"), Column("key", "text"), Column("filename", "text"),
            Column("size"), Column("sha256", "text"), Column("expires_at"), Column("job"),
        ]
    )
    static let tombstones = RestoredTable(
        name: "tombstones",
        columns: [
            Column("number"), Column("id", "uuid"), Column("tenant", "text"), Column("project", "text"),
            Column("deleted_at"),
        ]
    )
    static let answers = RestoredTable(
        name: "kept_answers",
        columns: [
            Column("id", "uuid"), Column("tenant", "text"), Column("fingerprint", "text"), Column("job"),
            Column("replaced", "boolean"), Column("answered_at"),
        ]
    )
    static let orphanedFiles = RestoredTable(name: "orphaned_files", columns: [Column("key", "text")])
    static let datasets = RestoredTable(
        name: "datasets",
        columns: [
            Column("dataset"), Column("tenant", "text"), Column("project", "text"), Column("name", "text"),
            Column("columns", "text[]"), Column("generation"), Column("row_count"), Column("updated_at"),
        ]
    )
    static let datasetWrites = RestoredTable(
        name: "dataset_writes",
        columns: [
            Column("dataset"), Column("job"), Column("generation"), Column("mode", "text"),
            Column("columns", "text[]"), Column("row_count"), Column("base_count"),
        ]
    )
    static let rows = RestoredTable(
        name: "dataset_rows",
        columns: [Column("generation"), Column("position"), Column("cells", "text")]
    )
    static let keys = RestoredTable(
        name: "api_keys",
        columns: [
            Column("id", "uuid"), Column("prefix", "text"), Column("sha256", "text"), Column("name", "text"),
            Column("tenant", "text"), Column("projects", "text"), Column("scopes", "text"), Column("created_at"),
            Column("expires_at"), Column("revoked_at"), Column("used_at"),
        ]
    )
    static let webhooks = RestoredTable(
        name: "webhooks",
        columns: [
            Column("id", "uuid"), Column("tenant", "text"), Column("projects", "text"), Column("job"),
            Column("url", "text"), Column("events", "text"), Column("format", "text"), Column("enabled", "boolean"),
            Column("disabled_because", "text"), Column("secrets", "text"), Column("created_at"),
            Column("failures", "integer"), Column("throttled_until"),
        ]
    )
    static let audit = RestoredTable(
        name: "audit",
        columns: [
            Column("number"), Column("at"), Column("tenant", "text"), Column("actor", "text"),
            Column("actor_name", "text"), Column("operation", "text"), Column("target", "text"),
            Column("request_id", "text"),
        ]
    )
    static let spentTokens = RestoredTable(name: "spent_tokens", columns: [Column("id", "text"), Column("until")])
}

extension ArchiveRecord {
    /// The job whose end has to be looked at more closely because of the record.
    fileprivate var concernedByItsEnd: Int64? {
        switch self {
        case .dependency(_, let dependency): dependency
        case .webhook(let webhook): webhook.job
        default: nil
        }
    }

    /// The table and the values of its columns; nil for a job, which has several.
    fileprivate var restored: (table: RestoredTable, values: [PostgresValue])? {
        switch self {
        case .job: nil
        case .queue(let queue): (.queues, queue.values)
        case .dependency(let job, let dependency): (.dependencies, [.int(dependency), .int(job)])
        case .cascade(let cascade): (.cascades, cascade.values)
        case .log(let job, let line):
            (
                .logs,
                [
                    .int(job), .int(line.sequence), .int(Int64(line.attempt)), .int(line.line.at.milliseconds),
                    .text(line.line.level.rawValue), .text(line.line.message),
                ]
            )
        case .file(let job, let file):
            (
                .files,
                [
                    .int(job), .text(file.name), .text(file.key), .int(file.size), .text(file.sha256),
                    .text(file.contentType),
                ]
            )
        case .upload(let upload): (.uploads, upload.values)
        case .tombstone(let tombstone): (.tombstones, tombstone.values)
        case .answer(let answer): (.answers, answer.values)
        case .key(let key): (.keys, key.values)
        case .webhook(let webhook): (.webhooks, webhook.values)
        case .audit(let entry): (.audit, entry.values)
        case .spentToken(let id, let until): (.spentTokens, [.text(id), .int(until.milliseconds)])
        case .orphanedFile(let key): (.orphanedFiles, [.text(key)])
        case .dataset(let number, let dataset): (.datasets, [.int(number)] + dataset.values)
        case .datasetWrite(let write): (.datasetWrites, write.values)
        case .row(let generation, let line):
            (.rows, [.int(generation), .int(line.position), .text(line.values.string)])
        }
    }
}

extension ArchiveRecord {
    /// The values of a queue's overrides, where there are any.
    fileprivate var overrides: [PostgresValue]? {
        guard case .queue(let queue) = self, let overrides = queue.overrides else { return nil }
        let rate = overrides.configuredRateLimit
        return [
            .text(queue.state.name), .int(overrides.rev), .int(overrides.hasConcurrency ? 1 : 0),
            .int(overrides.hasRateLimit ? 1 : 0), .int(overrides.configuredConcurrency.map { Int64($0) }),
            .int(rate.map { Int64($0.count) }), .int(rate?.per.wholeMilliseconds),
        ]
    }
}

extension ArchivedQueue {
    fileprivate var values: [PostgresValue] {
        let limit = state.rateLimit
        return [
            .text(state.name), .int(state.pause?.since.milliseconds), .text(state.pause?.by),
            .text(state.pause?.reason), .int(state.concurrency.map { Int64($0) }), .int(limit.map { Int64($0.count) }),
            .int(limit?.per.wholeMilliseconds), .int(windowOpenedAt.map { $0.milliseconds * 1000 }),
            .int(limit == nil ? nil : Int64(windowClaimed)),
        ]
    }
}

extension Cascade {
    fileprivate var values: [PostgresValue] {
        [.int(sequence), .int(job), .id(id), .int(isCompleted ? 1 : 0), .int(reached)]
    }
}

extension ArchivedUpload {
    fileprivate var values: [PostgresValue] {
        [
            .id(upload.id), .text(tenantId), .text(upload.key), .text(upload.filename), .int(upload.size),
            .text(upload.sha256), .int(upload.expiresAt.milliseconds), .int(job),
        ]
    }
}

extension ArchivedTombstone {
    fileprivate var values: [PostgresValue] {
        [.int(number), .id(id), .text(tenantId), .text(projectId), .int(deletedAt.milliseconds)]
    }
}

extension KeptAnswer {
    fileprivate var values: [PostgresValue] {
        [
            .id(id), .text(tenantId), .text(fingerprint), .int(job), .int(isReplacement ? 1 : 0),
            .int(answeredAt.milliseconds),
        ]
    }
}

extension APIKey {
    fileprivate var values: [PostgresValue] {
        [
            .id(id), .text(prefix), .text(sha256), .text(name), .text(scope.tenantId), .text(scope.storedProjects),
            .text(storedScopes), .int(createdAt.milliseconds), .int(expiresAt?.milliseconds),
            .int(revokedAt?.milliseconds), .int(usedAt?.milliseconds),
        ]
    }
}

extension Webhook {
    fileprivate var values: [PostgresValue] {
        [
            .id(id), .text(scope.tenantId), .text(scope.storedProjects), .int(job), .text(url), .text(storedEvents),
            .text(format.rawValue), .int(isEnabled ? 1 : 0), .text(disabledBecause), .text(storedSecrets),
            .int(createdAt.milliseconds), .int(Int64(failures)), .int(throttledUntil?.milliseconds),
        ]
    }
}

extension AuditEntry {
    fileprivate var values: [PostgresValue] {
        [
            .int(number), .int(at.milliseconds), .text(tenantId), .text(actor), .text(actorName), .text(operation),
            .text(target), .text(requestId),
        ]
    }
}

extension Dataset {
    fileprivate var values: [PostgresValue] {
        [
            .text(reference.tenantId), .text(reference.projectId), .text(reference.name), .text(columns.postgresArray),
            .int(generation), .int(rowCount), .int(updatedAt.milliseconds),
        ]
    }
}

extension ArchivedDatasetWrite {
    fileprivate var values: [PostgresValue] {
        [
            .int(write.dataset), .int(job), .int(write.generation), .text(write.mode.rawValue),
            .text(columns.postgresArray), .int(writtenCount), .int(write.rowCount),
        ]
    }
}

extension PostgresValue {
    fileprivate var textValue: String? { if case .text(let text) = self { text } else { nil } }
    fileprivate var intValue: Int64? { if case .int(let int) = self { int } else { nil } }
}
#endif
