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
        let dependencies: [Int64] = records.compactMap { if case .dependency(_, let on) = $0 { on } else { nil } }
        guard !dependencies.isEmpty else { return }
        try sql(
            "UPDATE errand.live SET has_dependents = true WHERE number = ANY ($1::bigint[]) AND NOT has_dependents",
            .ints(Array(Set(dependencies)))
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
}

extension ArchiveRecord {
    /// The table and the values of its columns; nil for a job, which has several.
    fileprivate var restored: (table: RestoredTable, values: [PostgresValue])? {
        switch self {
        case .job: nil
        case .queue(let queue): (.queues, queue.values)
        case .dependency(let job, let dependency): (.dependencies, [.int(dependency), .int(job)])
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
