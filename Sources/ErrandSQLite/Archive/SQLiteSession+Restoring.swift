import Errand
import FoundationEssentials

// Records as another store kept them.
extension SQLiteSession {
    /// Writes a record, unless it is there already.
    func restore(_ record: ArchiveRecord) throws(JobStoreError) {
        switch record {
        case .queue(let queue): try restore(queue)
        case .job(let job): try restore(job)
        case .dependency(let job, let dependency):
            try sql("INSERT OR IGNORE INTO job_dependencies VALUES (?, ?)").run(dependency, job)
        case .cascade(let cascade): try write(cascade)
        case .log(let job, let line): try restore(line, of: job)
        case .file(let job, let file): try restore(file, of: job)
        case .upload(let upload): try restore(upload)
        case .tombstone(let tombstone): try restore(tombstone)
        case .answer(let answer): try write(answer)
        case .orphanedFile(let key):
            var row = RowBinder(try sql("INSERT OR IGNORE INTO orphaned_files VALUES (?)"))
            row.add(key)
            try row.run()
        case .dataset(let number, let dataset): try restore(dataset, number)
        case .datasetWrite(let write): try restore(write)
        case .row(let generation, let line):
            var row = RowBinder(try sql("INSERT OR IGNORE INTO dataset_rows VALUES (?, ?, ?)"))
            row.add(generation)
            row.add(line.position)
            row.add(line.values.string)
            try row.run()
        case .key(let key): _ = try add(key)
        case .webhook(let webhook): try write(webhook)
        case .audit(let entry): try add(entry)
        case .spentToken(let id, let until): _ = try spend(id, until: until)
        }
    }

    private func restore(_ queue: ArchivedQueue) throws(JobStoreError) {
        let (state, limit) = (queue.state, queue.state.rateLimit)
        var row = RowBinder(try sql("INSERT OR IGNORE INTO queues VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"))
        row.add(state.name)
        row.add(state.pause?.since.milliseconds)
        row.add(state.pause?.by)
        row.add(state.pause?.reason)
        row.add(state.concurrency.map { Int64($0) })
        row.add(limit.map { Int64($0.count) })
        row.add(limit?.per.wholeMilliseconds)
        row.add(queue.windowOpenedAt?.milliseconds)
        row.add(limit == nil ? nil : Int64(queue.windowClaimed))
        try row.run()
        if let overrides = queue.overrides { try write(overrides, of: state.name) }
    }

    private func restore(_ line: StoredLogLine, of job: Int64) throws(JobStoreError) {
        var row = RowBinder(try sql("INSERT OR IGNORE INTO job_logs VALUES (?, ?, ?, ?, ?, ?)"))
        row.add(job)
        row.add(line.sequence)
        row.add(Int64(line.attempt))
        row.add(line.line.at.milliseconds)
        row.add(line.line.level.rawValue)
        row.add(line.line.message)
        try row.run()
    }

    private func restore(_ file: JobFile, of job: Int64) throws(JobStoreError) {
        var row = RowBinder(try sql("INSERT OR IGNORE INTO job_files VALUES (?, ?, ?, ?, ?, ?)"))
        row.add(job)
        row.add(file.name)
        row.add(file.key)
        row.add(file.size)
        row.add(file.sha256)
        row.add(file.contentType)
        try row.run()
    }

    private func restore(_ record: ArchivedUpload) throws(JobStoreError) {
        let upload = record.upload
        var row = RowBinder(try sql("INSERT OR IGNORE INTO uploads VALUES (?, ?, ?, ?, ?, ?, ?, ?)"))
        row.add(upload.id)
        row.add(record.tenantId)
        row.add(upload.key)
        row.add(upload.filename)
        row.add(upload.size)
        row.add(upload.sha256)
        row.add(upload.expiresAt.milliseconds)
        row.add(record.job)
        try row.run()
    }

    private func restore(_ tombstone: ArchivedTombstone) throws(JobStoreError) {
        let tenant = try tenant(tombstone.tenantId)
        var row = RowBinder(try sql("INSERT OR IGNORE INTO tombstones VALUES (?, ?, ?, ?, ?)"))
        row.add(tombstone.number)
        row.add(tombstone.id)
        row.add(tenant)
        row.add(try project(tombstone.projectId, tenant: tenant))
        row.add(tombstone.deletedAt.milliseconds)
        try row.run()
    }

    private func restore(_ dataset: Dataset, _ number: Int64) throws(JobStoreError) {
        var row = RowBinder(try sql("INSERT OR IGNORE INTO datasets VALUES (?, ?, ?, ?, ?, ?, ?, ?)"))
        row.add(number)
        row.add(dataset.reference.tenantId)
        row.add(dataset.reference.projectId)
        row.add(dataset.reference.name)
        row.add(DatasetRecord.text(of: dataset.columns))
        row.add(dataset.generation)
        row.add(dataset.rowCount)
        row.add(dataset.updatedAt.milliseconds)
        try row.run()
    }

    private func restore(_ record: ArchivedDatasetWrite) throws(JobStoreError) {
        var row = RowBinder(try sql("INSERT OR IGNORE INTO dataset_writes VALUES (?, ?, ?, ?, ?, ?, ?)"))
        row.add(record.write.dataset)
        row.add(record.job)
        row.add(record.write.generation)
        row.add(record.write.mode.rawValue)
        row.add(DatasetRecord.text(of: record.columns))
        row.add(record.writtenCount)
        row.add(record.write.rowCount)
        try row.run()
    }
}

/// Binds a statement's values one after the other.
struct RowBinder {
    private let row: SQLStatement
    private(set) var place: CInt = 0

    init(_ row: SQLStatement) { self.row = row }

    /// Where the next value goes, for those that are bound by other means.
    mutating func next() -> CInt {
        place += 1
        return place
    }

    mutating func add(_ value: Int64?) { row.bind(next(), value) }
    mutating func add(_ value: String?) { row.bind(next(), value) }
    mutating func add(_ value: Name?) { row.bind(next(), value) }
    mutating func add(_ value: JobID) { row.bind(next(), value) }
    mutating func add(_ value: Bool) { row.bind(next(), value ? 1 : 0) }
    func run() throws(JobStoreError) { try row.run() }
}
