#if Postgres
import Errand
import FoundationEssentials

extension PostgresSession {
    func archiveSummary() throws(JobStoreError) -> ArchiveSummary {
        var counts: [ArchiveSection: Int64] = [:]
        for section in ArchiveSection.allCases {
            counts[section] = try int("SELECT count(*) FROM \(section.source)")
        }
        return ArchiveSummary(
            counts: counts,
            lastNumber: try int(
                """
                SELECT greatest((SELECT max(number) FROM errand.jobs), (SELECT max(number) FROM errand.tombstones),
                    (SELECT last_value FROM errand.job_numbers WHERE is_called), 0)
                """
            ),
            lastGeneration: try int(
                """
                SELECT greatest((SELECT last_value FROM errand.dataset_generations WHERE is_called),
                    (SELECT max(generation) FROM errand.datasets), 0)
                """
            ),
            changes: try int(
                """
                SELECT (SELECT coalesce(sum(rev) + sum(fence), 0) FROM errand.live)::bigint
                    + (SELECT coalesce(sum(rev) + sum(fence), 0) FROM errand.ended)::bigint
                    + (SELECT coalesce(sum(coalesce(revoked_at, 0) + coalesce(used_at, 0)), 0)
                        FROM errand.api_keys)::bigint
                    + (SELECT coalesce(sum(enabled::integer + failures + length(secrets) + length(url)), 0)
                        FROM errand.webhooks)::bigint
                """
            )
        )
    }

    private func int(_ text: String) throws(JobStoreError) -> Int64 {
        try sql(text).first { (row) throws(JobStoreError) in row.int() } ?? 0
    }

    /// Reads a page of a section, behind a record of it.
    func records(
        of section: ArchiveSection,
        after record: ArchiveRecord?,
        limit: Int
    ) throws(JobStoreError) -> [ArchiveRecord] {
        let key = record?.key ?? []
        let statement = PostgresStatement(section.page(isFirst: key.isEmpty), key + [.int(Int64(limit))])
        return try run(statement).map { (row) throws(JobStoreError) in try section.record(in: &row) }
    }
}

extension ArchiveRecord {
    /// What orders it in its section.
    fileprivate var key: [PostgresValue] {
        switch self {
        case .queue(let queue): [.text(queue.state.name)]
        case .job(let job): [.int(job.job.number)]
        case .dependency(let job, let dependency): [.int(job), .int(dependency)]
        case .cascade(let cascade): [.int(cascade.sequence)]
        case .log(let job, let line): [.int(job), .int(line.sequence)]
        case .file(let job, let file): [.int(job), .text(file.name)]
        case .upload(let upload): [.id(upload.upload.id)]
        case .tombstone(let tombstone): [.int(tombstone.number)]
        case .answer(let answer): [.id(answer.id)]
        case .orphanedFile(let key): [.text(key)]
        case .dataset(let number, _): [.int(number)]
        case .datasetWrite(let write): [.int(write.write.dataset), .int(write.job)]
        case .row(let generation, let line): [.int(generation), .int(line.position)]
        case .key(let key): [.id(key.id)]
        case .webhook(let webhook): [.id(webhook.id)]
        case .audit(let entry): [.int(entry.number)]
        case .spentToken(let id, _): [.text(id)]
        }
    }
}
#endif
