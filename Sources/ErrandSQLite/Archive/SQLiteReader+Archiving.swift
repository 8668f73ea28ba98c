import Errand
import FoundationEssentials

extension SQLiteReader {
    func archiveSummary() throws(JobStoreError) -> ArchiveSummary {
        var counts: [ArchiveSection: Int64] = [:]
        for section in ArchiveSection.allCases {
            counts[section] = try sql("SELECT count(*) FROM \(section.source)").onlyInt()
        }
        return ArchiveSummary(
            counts: counts,
            lastNumber: try sql(
                """
                SELECT max((SELECT ifnull(max(number), 0) FROM jobs),
                    (SELECT value FROM counters WHERE name = 'last_deleted_number'))
                """
            ).onlyInt(),
            lastGeneration: try sql("SELECT value FROM counters WHERE name = 'last_generation'").onlyInt(),
            changes: try sql(
                """
                SELECT (SELECT ifnull(sum(rev) + sum(fence), 0) FROM jobs)
                    + (SELECT ifnull(sum(ifnull(revoked_at, 0) + ifnull(used_at, 0)), 0) FROM api_keys)
                    + (SELECT ifnull(sum(enabled + failures + length(secrets) + length(url)), 0) FROM webhooks)
                """
            ).onlyInt()
        )
    }

    /// The copy that filled the file, where one did.
    func earlierCopy() throws(JobStoreError) -> EarlierCopy? { try EarlierCopy(sql(EarlierCopy.select)) }

    /// Reads a page of a section, behind a record of it.
    func records(
        of section: ArchiveSection,
        after record: ArchiveRecord?,
        limit: Int
    ) throws(JobStoreError) -> [ArchiveRecord] {
        let row = try sql(section.page)
        bind(row, section, after: record)
        row.bind(3, limit)
        defer { row.reset() }
        var records: [ArchiveRecord] = []
        while try row.step() { records.append(try self.record(of: section, in: row)) }
        return records
    }

    /// Binds the key of a record as ?1 and ?2; before all that there are, where there is none.
    private func bind(_ row: SQLStatement, _ section: ArchiveSection, after record: ArchiveRecord?) {
        row.bind(2, Int64.min)
        switch record {
        // No number would do where the key is a text: it would be compared as one.
        case nil where [.queues, .orphanedFiles, .spentTokens].contains(section): row.bind(1, "")
        case nil: row.bind(1, Int64.min)
        case .queue(let queue): row.bind(1, queue.state.name)
        case .job(let job): row.bind(1, job.job.number)
        case .dependency(let job, let dependency): bind(row, job, dependency)
        case .cascade(let cascade): row.bind(1, cascade.sequence)
        case .log(let job, let line): bind(row, job, line.sequence)
        case .file(let job, let file):
            row.bind(1, job)
            row.bind(2, file.name)
        case .upload(let upload): row.bind(1, upload.upload.id)
        case .tombstone(let tombstone): row.bind(1, tombstone.number)
        case .answer(let answer): row.bind(1, answer.id)
        case .orphanedFile(let key): row.bind(1, key)
        case .dataset(let number, _): row.bind(1, number)
        case .datasetWrite(let write): bind(row, write.write.dataset, write.job)
        case .row(let generation, let line): bind(row, generation, line.position)
        case .key(let key): row.bind(1, key.id)
        case .webhook(let webhook): row.bind(1, webhook.id)
        case .audit(let entry): row.bind(1, entry.number)
        case .spentToken(let id, _): row.bind(1, id)
        }
    }

    private func bind(_ row: SQLStatement, _ first: Int64, _ second: Int64) {
        row.bind(1, first)
        row.bind(2, second)
    }

    private func record(of section: ArchiveSection, in row: SQLStatement) throws(JobStoreError) -> ArchiveRecord {
        switch section {
        case .queues: return .queue(row.archivedQueue)
        case .jobs: return .job(ArchivedJob(try read(row), fingerprint: row.optionalText(JobRow.fingerprint)))
        case .dependencies: return .dependency(of: row.int(0), on: row.int(1))
        case .cascades: return .cascade(Cascade(row))
        case .logs: return .log(job: row.int(0), row.archivedLine)
        case .files: return .file(job: row.int(0), row.archivedFile)
        case .uploads: return .upload(row.archivedUpload)
        case .tombstones: return .tombstone(row.archivedTombstone)
        case .answers: return .answer(KeptAnswer(row))
        case .orphanedFiles: return .orphanedFile(key: row.text(0))
        case .datasets: return .dataset(number: row.int(0), try row.archivedDataset())
        case .datasetWrites: return .datasetWrite(try row.archivedWrite())
        case .rows:
            let line = DatasetRow(position: row.int(1), values: JSONText(trusted: row.text(2)))
            return .row(generation: row.int(0), line)
        case .keys: return .key(try APIKey(row))
        case .webhooks: return .webhook(try Webhook(row))
        case .audit: return .audit(AuditEntry(row))
        case .spentTokens: return .spentToken(id: row.text(0), until: Date(milliseconds: row.int(1)))
        }
    }
}

extension EarlierCopy {
    static let select = "SELECT source, fingerprint, finished_at FROM copies"

    /// Reads the only row of ``select``; nil where there is none.
    init?(_ row: SQLStatement) throws(JobStoreError) {
        defer { row.reset() }
        guard try row.step() else { return nil }
        self.init(source: row.text(0), fingerprint: row.text(1), isFinished: !row.isNull(2))
    }
}
