#if Postgres
import Errand

// A write locks its job and then its dataset, so that whoever comes second sees what the first has done.
extension PostgresSession {
    /// Starts or goes on with a write for a running job.
    func beginWrite(
        _ reference: DatasetReference,
        columns: [String],
        mode: DatasetWriteMode,
        lease: JobLease
    ) throws(JobStoreError) -> DatasetWrite {
        try requireRun(RunReport(lease: lease))
        let dataset = if let found = try lock(reference) { found } else { try makeDataset(reference, columns) }
        if let write = try openWrite(of: dataset.id, by: lease.number) { return write }
        if mode == .append, dataset.columns.map({ Name($0) }) != columns.map({ Name($0) }) {
            guard dataset.rowCount == 0 else { throw .otherColumns(reference.name, has: dataset.columns) }
            try sql(
                "UPDATE errand.datasets SET columns = $2::text[] WHERE dataset = $1::bigint",
                .int(dataset.id),
                .texts(columns)
            )
        }
        return try startWrite(dataset, columns, mode, job: lease.number)
    }

    /// Writes what a run reports, if its lease holds; the job stays locked, so that it holds until the commit.
    func requireRun(_ report: RunReport) throws(JobStoreError) {
        guard try self.report([report]) == [.applied] else {
            throw .lostLease(of: report.lease.id)
        }
    }

    private func lock(_ reference: DatasetReference) throws(JobStoreError) -> DatasetRecord? {
        try sql(
            """
            SELECT dataset, generation, to_json(columns), row_count FROM errand.datasets
            WHERE project = $1::text AND name = $2::text
                AND coalesce(tenant, '') = coalesce($3::text, '') AND (tenant IS NULL) = ($3::text IS NULL)
            FOR UPDATE
            """,
            .text(reference.projectId),
            .text(reference.name),
            .text(reference.tenantId)
        )
        .first { (row) throws(JobStoreError) in try DatasetRecord(&row) }
    }

    /// Makes a dataset; a collision with another job that makes it too is tried again, and finds the other's.
    private func makeDataset(
        _ reference: DatasetReference,
        _ columns: [String]
    ) throws(JobStoreError) -> DatasetRecord {
        let made = try sql(
            """
            INSERT INTO errand.datasets (tenant, project, name, columns, generation, row_count, updated_at)
            VALUES ($1::text, $2::text, $3::text, $4::text[], nextval('errand.dataset_generations'), 0, $5::bigint)
            RETURNING dataset, generation, to_json(columns), row_count
            """,
            .text(reference.tenantId),
            .text(reference.projectId),
            .text(reference.name),
            .texts(columns),
            .int(now)
        )
        .first { (row) throws(JobStoreError) in try DatasetRecord(&row) }
        guard let made else { throw JobStoreError(.corrupt, "A new dataset came back without its number.") }
        return made
    }

    /// The write that this job had before it was lost.
    private func openWrite(of dataset: Int64, by job: Int64) throws(JobStoreError) -> DatasetWrite? {
        try sql(
            """
            SELECT generation, mode, base_count FROM errand.dataset_writes
            WHERE dataset = $1::bigint AND job = $2::bigint
            """,
            .int(dataset),
            .int(job)
        )
        .first { (row) throws(JobStoreError) in
            let (generation, word) = (row.int(), row.text())
            guard let mode = DatasetWriteMode(rawValue: word) else {
                throw JobStoreError(.corrupt, "A dataset is written in the unknown mode \(word).")
            }
            return DatasetWrite(dataset: dataset, generation: generation, mode: mode, rowCount: row.int())
        }
    }

    private func startWrite(
        _ dataset: DatasetRecord,
        _ columns: [String],
        _ mode: DatasetWriteMode,
        job: Int64
    ) throws(JobStoreError) -> DatasetWrite {
        // An append that brings columns of its own to an empty dataset has it to itself, like a replacement.
        guard
            try !isWritten(
                dataset.id,
                byAny: mode == .replace || dataset.columns.map({ Name($0) }) != columns.map({ Name($0) })
            )
        else {
            throw .datasetWrittenByAnother
        }
        let count = mode == .append ? dataset.rowCount : 0
        let generation = try sql(
            """
            INSERT INTO errand.dataset_writes (dataset, job, generation, mode, columns, row_count, base_count)
            VALUES ($1::bigint, $2::bigint, coalesce($3::bigint, nextval('errand.dataset_generations')),
                $4::text, $5::text[], 0, $6::bigint)
            RETURNING generation
            """,
            .int(dataset.id),
            .int(job),
            .int(mode == .append ? dataset.generation : nil),
            .text(mode.rawValue),
            .texts(columns),
            .int(count)
        )
        .first { (row) throws(JobStoreError) in row.int() }
        guard let generation else { throw JobStoreError(.corrupt, "A new write came back without its generation.") }
        return DatasetWrite(dataset: dataset.id, generation: generation, mode: mode, rowCount: count)
    }

    /// Whether a job that has not ended replaces a dataset, or writes it in any way.
    ///
    /// A job that failed or was cancelled half-way holds nothing; what it filled apart is thrown away.
    private func isWritten(_ dataset: Int64, byAny isAnyMode: Bool) throws(JobStoreError) -> Bool {
        try sql(
            """
            WITH ended AS (
                DELETE FROM errand.dataset_writes w WHERE w.dataset = $1::bigint
                    AND NOT EXISTS (SELECT FROM errand.live s WHERE s.number = w.job AND s.status < 2)
                RETURNING w.generation, w.mode)
            INSERT INTO errand.dead_generations (generation) SELECT generation FROM ended WHERE mode = 'replace'
            """,
            .int(dataset)
        )
        return try sql(
            """
            SELECT EXISTS (SELECT FROM errand.dataset_writes
                WHERE dataset = $1::bigint AND (mode = 'replace' OR $2::boolean))
            """,
            .int(dataset),
            .bool(isAnyMode)
        )
        .first { (row) throws(JobStoreError) in row.bool() } ?? false
    }

    /// Makes a replacement visible, and ends the write; what was finished before is left as it is.
    func finishWrite(_ write: DatasetWrite, lease: JobLease) throws(JobStoreError) {
        try requireRun(RunReport(lease: lease))
        try sql("SELECT FROM errand.datasets WHERE dataset = $1::bigint FOR UPDATE", .int(write.dataset))
        try sql(
            """
            INSERT INTO errand.dead_generations (generation)
            SELECT d.generation FROM errand.datasets d JOIN errand.dataset_writes w USING (dataset)
            WHERE dataset = $1::bigint AND w.job = $2::bigint AND w.mode = 'replace'
            """,
            .int(write.dataset),
            .int(lease.number)
        )
        try sql(
            """
            WITH ended AS (
                DELETE FROM errand.dataset_writes WHERE dataset = $1::bigint AND job = $2::bigint
                RETURNING generation, mode, columns, row_count)
            UPDATE errand.datasets d SET generation = ended.generation, columns = ended.columns,
                row_count = ended.row_count, updated_at = $3::bigint
            FROM ended WHERE d.dataset = $1::bigint AND ended.mode = 'replace'
            """,
            .int(write.dataset),
            .int(lease.number),
            .int(now)
        )
    }

    /// Deletes a dataset; its rows become a generation that nobody sees.
    func deleteDataset(_ name: Name, in projectId: Name, _ scope: Scope) throws(JobStoreError) {
        let reference = try dataset(name, in: projectId, scope).reference
        guard let dataset = try lock(reference) else { throw .noDataset(name, projectId) }
        guard try !isWritten(dataset.id, byAny: true) else {
            throw .datasetBeingWritten(name)
        }
        try sql(
            """
            WITH deleted AS (DELETE FROM errand.datasets WHERE dataset = $1::bigint RETURNING generation)
            INSERT INTO errand.dead_generations (generation) SELECT generation FROM deleted
            """,
            .int(dataset.id)
        )
    }
}
#endif
