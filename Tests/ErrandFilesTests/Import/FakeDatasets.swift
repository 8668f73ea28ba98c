#if Files
import Errand
import FoundationEssentials
import Synchronization

/// Datasets and uploads in memory, for one job at a time, that can be lost in the middle of an append.
final class FakeDatasets: DatasetStore, UploadStore {
    /// When an append fails: before it took effect, or after.
    enum Loss: Sendable, CaseIterable { case before, after }

    struct State {
        var columns: [String] = []
        var published: [JSONText] = []
        var generation: Int64 = 0
        /// The generation a replace fills.
        var filling: (generation: Int64, rows: [JSONText])?
        var checkpoint: JSONText?
        var reports: [RunReport] = []
        var batches: [Int] = []
        var uploads: [JobID: Upload] = [:]
        /// How many appends succeed before one is lost.
        var appendsUntilLoss: (Int, Loss)?
    }

    let state = Mutex(State())

    /// Loses the append after a number of them.
    func loseAppend(after count: Int, _ loss: Loss) { state.withLock { $0.appendsUntilLoss = (count, loss) } }

    var rows: [String] { state.withLock { $0.published.map(\.string) } }

    func beginWrite(
        _ dataset: DatasetReference,
        columns: [String],
        mode: DatasetWriteMode,
        lease: JobLease
    ) async throws(JobStoreError) -> DatasetWrite {
        let write: DatasetWrite? = state.withLock { state in
            guard mode == .append else {
                if state.filling == nil { state.filling = (state.generation + 1, []) }
                state.columns = columns
                return DatasetWrite(dataset: 1, generation: state.filling?.generation ?? 0, mode: mode, rowCount: 0)
            }
            guard state.columns.isEmpty || state.columns == columns else { return nil }
            state.columns = columns
            return DatasetWrite(dataset: 1, generation: state.generation, mode: mode, rowCount: 0)
        }
        guard let write else { throw JobStoreError(.invalid, "the columns differ") }
        return write
    }

    func append(_ rows: [JSONText], to write: DatasetWrite, report: RunReport) async throws(JobStoreError) {
        let isLost = state.withLock { state in
            let loss = state.appendsUntilLoss
            state.appendsUntilLoss = loss.map { ($0.0 - 1, $0.1) }
            let isLost = loss.map { $0.0 == 0 } ?? false
            if isLost, loss?.1 == .before { return true }
            if write.mode == .replace { state.filling?.rows += rows } else { state.published += rows }
            state.checkpoint = report.checkpoint
            state.reports.append(report)
            state.batches.append(rows.count)
            return isLost
        }
        if isLost { throw JobStoreError(.unavailable, "the store went away") }
    }

    func finishWrite(_ write: DatasetWrite, lease: JobLease) async throws(JobStoreError) {
        state.withLock { state in
            guard let filling = state.filling else { return }
            (state.published, state.generation, state.filling) = (filling.rows, filling.generation, nil)
        }
    }

    func datasets(projectId: Name, scope: Scope) async throws(JobStoreError) -> [Dataset] {
        [try await dataset("d", projectId: projectId, scope: scope)]
    }

    func dataset(_ name: Name, projectId: Name, scope: Scope) async throws(JobStoreError) -> Dataset {
        guard name == "d" else { throw JobStoreError(.notFound, "no dataset \(name)") }
        return state.withLock { state in
            Dataset(
                generation: state.generation,
                reference: DatasetReference(tenantId: scope.tenantId, projectId: projectId, name: name),
                columns: state.columns,
                rowCount: Int64(state.published.count),
                updatedAt: Date()
            )
        }
    }

    func rows(of dataset: Dataset, after position: Int64, limit: Int) async throws(JobStoreError) -> [DatasetRow] {
        state.withLock { state in
            guard dataset.generation == state.generation else { return [] }
            let range = Int(position)..<min(Int(position) + limit, state.published.count)
            return range.map { DatasetRow(position: Int64($0 + 1), values: state.published[$0]) }
        }
    }

    func deleteDataset(_ name: Name, projectId: Name, scope: Scope) async throws(JobStoreError) {
        state.withLock { $0.published = [] }
    }

    func insert(_ upload: Upload, scope: Scope) async throws(JobStoreError) {
        state.withLock { $0.uploads[upload.id] = upload }
    }

    func uploadedBytes(scope: Scope) async throws(JobStoreError) -> Int64 {
        state.withLock { $0.uploads.values.reduce(0) { $0 + $1.size } }
    }

    func upload(_ id: JobID, scope: Scope) async throws(JobStoreError) -> Upload {
        guard let upload = state.withLock({ $0.uploads[id] }) else { throw JobStoreError(.notFound, "no upload \(id)") }
        return upload
    }
}
#endif
