#if Postgres
public import Errand

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension PostgresJobStore: UploadStore {
    public func insert(_ upload: Upload, scope: Scope) async throws(JobStoreError) {
        try await write { session throws(JobStoreError) in try session.insert(upload, scope) }
    }

    public func upload(_ id: JobID, scope: Scope) async throws(JobStoreError) -> Upload {
        try await read { session throws(JobStoreError) in try session.upload(id, scope) }
    }

    public func uploadedBytes(scope: Scope) async throws(JobStoreError) -> Int64 {
        try await read { session throws(JobStoreError) in try session.uploadedBytes(scope) }
    }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension PostgresJobStore: DatasetStore {
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
        try await read { session throws(JobStoreError) in try session.datasets(in: projectId, scope) }
    }

    public func dataset(_ name: Name, projectId: Name, scope: Scope) async throws(JobStoreError) -> Dataset {
        try await read { session throws(JobStoreError) in try session.dataset(name, in: projectId, scope) }
    }

    public func rows(
        of dataset: Dataset,
        after position: Int64,
        limit: Int
    ) async throws(JobStoreError) -> [DatasetRow] {
        try await read { session throws(JobStoreError) in
            try session.rows(of: dataset.generation, after: position, limit: limit)
        }
    }

    public func deleteDataset(_ name: Name, projectId: Name, scope: Scope) async throws(JobStoreError) {
        try await write { session throws(JobStoreError) in try session.deleteDataset(name, in: projectId, scope) }
    }
}
#endif
