public import Errand

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension MemoryJobStore: UploadStore {
    public func insert(_ upload: Upload, scope: Scope) async throws(JobStoreError) {
        try write { (state, _) throws(JobStoreError) in try state.insert(upload, scope) }
    }

    public func upload(_ id: JobID, scope: Scope) async throws(JobStoreError) -> Upload {
        try read { (state, time) throws(JobStoreError) in try state.upload(id, scope, at: time) }
    }

    public func uploadedBytes(scope: Scope) async throws(JobStoreError) -> Int64 {
        try read { (state, _) throws(JobStoreError) in state.uploadedBytes(scope) }
    }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension MemoryJobStore: DatasetStore {
    public func beginWrite(
        _ dataset: DatasetReference,
        columns: [String],
        mode: DatasetWriteMode,
        lease: JobLease
    ) async throws(JobStoreError) -> DatasetWrite {
        try write { (state, time) throws(JobStoreError) in
            try state.beginWrite(dataset, columns: columns, mode: mode, lease: lease, at: time)
        }
    }

    public func append(_ rows: [JSONText], to write: DatasetWrite, report: RunReport) async throws(JobStoreError) {
        let report = try report.normalized()
        try self.write { (state, time) throws(JobStoreError) in
            try state.append(rows, to: write, report: report, at: time)
        }
    }

    public func finishWrite(_ write: DatasetWrite, lease: JobLease) async throws(JobStoreError) {
        try self.write { (state, time) throws(JobStoreError) in
            try state.finishWrite(write, lease: lease, at: time)
        }
    }

    public func datasets(projectId: Name, scope: Scope) async throws(JobStoreError) -> [Dataset] {
        try read { (state, _) throws(JobStoreError) in state.datasets(in: projectId, scope) }
    }

    public func dataset(_ name: Name, projectId: Name, scope: Scope) async throws(JobStoreError) -> Dataset {
        try read { (state, _) throws(JobStoreError) in try state.dataset(name, in: projectId, scope) }
    }

    public func rows(
        of dataset: Dataset,
        after position: Int64,
        limit: Int
    ) async throws(JobStoreError) -> [DatasetRow] {
        try read { (state, _) throws(JobStoreError) in
            let rows = state.datasets.rows[dataset.generation] ?? []
            let start = min(max(Int(clamping: position), 0), rows.count)
            return rows[start...].prefix(max(0, limit)).enumerated().map { offset, values in
                DatasetRow(position: Int64(start + offset + 1), values: values)
            }
        }
    }

    public func deleteDataset(_ name: Name, projectId: Name, scope: Scope) async throws(JobStoreError) {
        try write { (state, _) throws(JobStoreError) in
            try state.deleteDataset(state.dataset(name, in: projectId, scope).reference)
        }
    }
}
