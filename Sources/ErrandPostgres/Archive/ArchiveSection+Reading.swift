#if Postgres
import Errand
import FoundationEssentials

extension ArchiveSection {
    /// Reads the record in a row of ``page(isFirst:)``.
    func record(in row: inout PostgresRow) throws(JobStoreError) -> ArchiveRecord {
        switch self {
        case .queues: return .queue(row.archivedQueue())
        case .jobs:
            let held = try JobRow.read(&row, isWhole: true)
            var job = held.job
            // Measured on a clock of this server; nobody holds it when the job is copied.
            job.leaseEnd = nil
            return .job(ArchivedJob(job, fingerprint: held.fingerprint))
        case .dependencies: return .dependency(of: row.int(), on: row.int())
        case .cascades: return .cascade(try Cascade(&row))
        case .logs: return .log(job: row.int(), row.archivedLine())
        case .files: return .file(job: row.int(), row.archivedFile())
        case .uploads: return .upload(try row.archivedUpload())
        case .tombstones: return .tombstone(try row.archivedTombstone())
        case .answers: return .answer(try KeptAnswer(&row))
        case .orphanedFiles: return .orphanedFile(key: row.text())
        case .datasets: return .dataset(number: row.int(), try row.archivedDataset())
        case .datasetWrites: return .datasetWrite(try row.archivedWrite())
        case .rows:
            let generation = row.int()
            return .row(
                generation: generation,
                DatasetRow(position: row.int(), values: JSONText(trusted: row.text()))
            )
        case .keys: return .key(try APIKey(&row))
        case .webhooks: return .webhook(try Webhook(&row))
        case .audit: return .audit(AuditEntry(&row))
        case .spentTokens: return .spentToken(id: row.text(), until: row.date())
        }
    }
}

// What the columns of the sections say, in their order.
extension PostgresRow {
    fileprivate mutating func archivedQueue() -> ArchivedQueue {
        var state = QueueState(name: name())
        let (since, by, reason) = (optionalDate(), optionalText(), optionalText())
        state.pause = since.map { QueueState.Pause(since: $0, by: by, reason: reason) }
        state.concurrency = optionalInt().map { Int($0) }
        state.rateLimit = RateLimit(&self)
        // The store's steady clock is the server's wall clock, in microseconds.
        let opened = optionalInt().map { Date(milliseconds: $0 / 1000) }
        var queue = ArchivedQueue(state, windowOpenedAt: opened, windowClaimed: Int(int()))
        queue.overrides = QueueOverrides(&self)
        return queue
    }

    fileprivate mutating func archivedLine() -> StoredLogLine {
        let (sequence, attempt, at) = (int(), int(), date())
        let level = LogLine.Level(rawValue: text()) ?? .info
        return StoredLogLine(
            sequence: sequence,
            attempt: Int(attempt),
            line: LogLine(at: at, level: level, message: text())
        )
    }

    fileprivate mutating func archivedFile() -> JobFile {
        JobFile(name: text(), key: text(), size: int(), sha256: text(), contentType: text())
    }

    fileprivate mutating func archivedUpload() throws(JobStoreError) -> ArchivedUpload {
        let (id, tenant) = (try id(), optionalName())
        let upload = Upload(id: id, key: text(), filename: text(), size: int(), sha256: text(), expiresAt: date())
        return ArchivedUpload(upload, tenantId: tenant, job: optionalInt())
    }

    fileprivate mutating func archivedTombstone() throws(JobStoreError) -> ArchivedTombstone {
        ArchivedTombstone(
            number: int(),
            id: try id(),
            tenantId: optionalName(),
            projectId: optionalName(),
            deletedAt: date()
        )
    }

    fileprivate mutating func archivedDataset() throws(JobStoreError) -> Dataset {
        let reference = DatasetReference(tenantId: optionalName(), projectId: name(), name: name())
        let columns = try names()
        return Dataset(
            generation: int(),
            reference: reference,
            columns: columns,
            rowCount: int(),
            updatedAt: date()
        )
    }

    fileprivate mutating func archivedWrite() throws(JobStoreError) -> ArchivedDatasetWrite {
        let (dataset, job, generation, name) = (int(), int(), int(), text())
        guard let mode = DatasetWriteMode(rawValue: name) else {
            throw JobStoreError(.corrupt, "A dataset's write has the unknown mode \"\(name)\".")
        }
        let (columns, written) = (try names(), int())
        let write = DatasetWrite(dataset: dataset, generation: generation, mode: mode, rowCount: int())
        return ArchivedDatasetWrite(write, job: job, columns: columns, writtenCount: written)
    }
}
#endif
