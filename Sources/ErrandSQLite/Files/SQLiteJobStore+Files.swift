public import Errand
import FoundationEssentials

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension SQLiteJobStore: UploadStore {
    public func insert(_ upload: Upload, scope: Scope) async throws(JobStoreError) {
        try await write { session throws(JobStoreError) in
            let insert = try session.sql("INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?, ?, NULL)")
            insert.bind(1, upload.id)
            insert.bind(2, scope.tenantId)
            insert.bind(3, upload.key)
            insert.bind(4, upload.filename)
            insert.bind(5, upload.size)
            insert.bind(6, upload.sha256)
            insert.bind(7, upload.expiresAt.milliseconds)
            try insert.run()
        }
    }

    public func upload(_ id: JobID, scope: Scope) async throws(JobStoreError) -> Upload {
        try await read { reader throws(JobStoreError) in
            let row = try reader.sql(
                "SELECT key, filename, size, sha256, expires_at, job IS NOT NULL, tenant FROM uploads WHERE id = ?"
            )
            row.bind(1, id)
            defer { row.reset() }
            guard try row.step(), scope == .system || row.optionalName(6) == scope.tenantId,
                row.int(5) != 0 || row.int(4) > reader.time.wall.milliseconds
            else { throw JobStoreError.noUpload(id) }
            return Upload(
                id: id,
                key: row.text(0),
                filename: row.text(1),
                size: row.int(2),
                sha256: row.text(3),
                expiresAt: Date(milliseconds: row.int(4))
            )
        }
    }

    public func uploadedBytes(scope: Scope) async throws(JobStoreError) -> Int64 {
        try await read { reader throws(JobStoreError) in
            let row = try reader.sql("SELECT total(size) FROM uploads WHERE ? OR tenant = ?")
            row.bind(1, scope == .system ? 1 : 0)
            row.bind(2, scope.tenantId)
            defer { row.reset() }
            return try row.step() ? row.int(0) : 0
        }
    }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension SQLiteJobStore: DatasetStore {
    public func beginWrite(
        _ dataset: DatasetReference,
        columns: [String],
        mode: DatasetWriteMode,
        lease: JobLease
    ) async throws(JobStoreError) -> DatasetWrite {
        try await write { session throws(JobStoreError) in
            try session.beginWrite(dataset, columns: columns, mode: mode, lease: lease)
        }
    }

    public func append(_ rows: [JSONText], to write: DatasetWrite, report: RunReport) async throws(JobStoreError) {
        let report = try report.normalized()
        try await self.write { session throws(JobStoreError) in
            try session.append(rows, to: write, report: report)
        }
    }

    public func finishWrite(_ write: DatasetWrite, lease: JobLease) async throws(JobStoreError) {
        try await self.write { session throws(JobStoreError) in try session.finishWrite(write, lease: lease) }
    }

    public func datasets(projectId: Name, scope: Scope) async throws(JobStoreError) -> [Dataset] {
        try await read { reader throws(JobStoreError) in
            try reader.datasets("project = ? ORDER BY name, tenant", projectId, nil, scope)
        }
    }

    public func dataset(_ name: Name, projectId: Name, scope: Scope) async throws(JobStoreError) -> Dataset {
        try await read { reader throws(JobStoreError) in
            let found = try reader.datasets("project = ? AND name = ? ORDER BY tenant", projectId, name, scope)
            guard let dataset = found.first else {
                throw JobStoreError.noDataset(name, projectId)
            }
            return dataset
        }
    }

    public func rows(
        of dataset: Dataset,
        after position: Int64,
        limit: Int
    ) async throws(JobStoreError) -> [DatasetRow] {
        try await read { reader throws(JobStoreError) in
            let row = try reader.sql(
                """
                SELECT position, cells FROM dataset_rows WHERE generation = ? AND position > ?
                ORDER BY position LIMIT ?
                """
            )
            row.bind(1, dataset.generation)
            row.bind(2, position)
            row.bind(3, max(0, limit))
            defer { row.reset() }
            var rows: [DatasetRow] = []
            while try row.step() {
                rows.append(DatasetRow(position: row.int(0), values: JSONText(trusted: row.text(1))))
            }
            return rows
        }
    }

    public func deleteDataset(_ name: Name, projectId: Name, scope: Scope) async throws(JobStoreError) {
        let dataset = try await dataset(name, projectId: projectId, scope: scope)
        try await write { session throws(JobStoreError) in try session.deleteDataset(dataset.reference) }
    }
}

extension SQLiteReader {
    fileprivate func datasets(
        _ condition: String,
        _ projectId: Name,
        _ name: Name?,
        _ scope: Scope
    ) throws(JobStoreError) -> [Dataset] {
        let row = try sql(
            "SELECT generation, tenant, project, name, columns, row_count, updated_at FROM datasets WHERE \(condition)"
        )
        row.bind(1, projectId)
        if let name { row.bind(2, name) }
        defer { row.reset() }
        var datasets: [Dataset] = []
        while try row.step() {
            guard scope.includes(tenantId: row.optionalName(1), projectId: row.name(2)) else { continue }
            datasets.append(
                Dataset(
                    generation: row.int(0),
                    reference: DatasetReference(
                        tenantId: row.optionalName(1),
                        projectId: row.name(2),
                        name: row.name(3)
                    ),
                    columns: try DatasetRecord.columns(in: row.text(4)),
                    rowCount: row.int(5),
                    updatedAt: Date(milliseconds: row.int(6))
                )
            )
        }
        return datasets
    }
}
