import Errand
import FoundationEssentials

/// Datasets, their rows, and the writes under way.
struct MemoryDatasets: Sendable {
    struct Stored: Sendable {
        var id: Int64
        var dataset: Dataset
    }

    /// A write that a job has begun and not finished.
    struct Open: Sendable, Hashable {
        var write: DatasetWrite
        var job: Int64
        var columns: [String]
    }

    var stored: [DatasetReference: Stored] = [:]
    var open: [Open] = []
    /// The rows of each generation; a row's position is its place, from 1.
    var rows: [Int64: [JSONText]] = [:]
    var lastGeneration: Int64 = 0
    var lastDataset: Int64 = 0

    mutating func nextGeneration() -> Int64 {
        lastGeneration += 1
        rows[lastGeneration] = []
        return lastGeneration
    }
}

extension MemoryState {
    mutating func beginWrite(
        _ reference: DatasetReference,
        columns: [String],
        mode: DatasetWriteMode,
        lease: JobLease,
        at time: StoreTime
    ) throws(JobStoreError) -> DatasetWrite {
        try requireRun(lease)
        var stored = datasets.stored[reference] ?? makeDataset(reference, columns, at: time)
        defer { datasets.stored[reference] = stored }
        if let open = datasets.open.first(where: { $0.write.dataset == stored.id && $0.job == lease.number }) {
            return open.write
        }
        let hasOtherColumns = stored.dataset.columns.map({ Name($0) }) != columns.map({ Name($0) })
        guard mode == .replace || !hasOtherColumns || stored.dataset.rowCount == 0 else {
            throw .otherColumns(reference.name, has: stored.dataset.columns)
        }
        // An append that brings columns of its own to an empty dataset has it to itself, like a replacement.
        try requireNoOther(on: stored.id, isAlone: mode == .replace || hasOtherColumns)
        if mode == .append { stored.dataset.columns = columns }
        let write = DatasetWrite(
            dataset: stored.id,
            generation: mode == .append ? stored.dataset.generation : datasets.nextGeneration(),
            mode: mode,
            rowCount: mode == .append ? stored.dataset.rowCount : 0
        )
        datasets.open.append(MemoryDatasets.Open(write: write, job: lease.number, columns: columns))
        return write
    }

    private func requireRun(_ lease: JobLease) throws(JobStoreError) {
        guard let job = find(lease), job.status == .running, job.fence == lease.fence, job.tracking == nil else {
            throw .lostLease(of: lease.id)
        }
    }

    private mutating func makeDataset(
        _ reference: DatasetReference,
        _ columns: [String],
        at time: StoreTime
    ) -> MemoryDatasets.Stored {
        datasets.lastDataset += 1
        let dataset = Dataset(
            generation: datasets.nextGeneration(),
            reference: reference,
            columns: columns,
            rowCount: 0,
            updatedAt: time.wall
        )
        return MemoryDatasets.Stored(id: datasets.lastDataset, dataset: dataset)
    }

    /// A job that failed or was cancelled half-way holds nothing any more.
    private mutating func endWritesOfEndedJobs() {
        let ended = datasets.open.filter { records[$0.job]?.job.status.isTerminal ?? true }
        for open in ended where open.write.mode == .replace { datasets.rows[open.write.generation] = nil }
        datasets.open.removeAll(where: ended.contains)
    }

    private mutating func requireNoOther(on dataset: Int64, isAlone: Bool) throws(JobStoreError) {
        endWritesOfEndedJobs()
        let others = datasets.open.filter { $0.write.dataset == dataset }
        guard !others.contains(where: { isAlone || $0.write.mode == .replace }) else {
            throw .datasetWrittenByAnother
        }
    }

    mutating func append(
        _ rows: [JSONText],
        to write: DatasetWrite,
        report: RunReport,
        at time: StoreTime
    ) throws(JobStoreError) {
        try requireRun(report.lease)
        guard datasets.open.contains(where: { $0.write == write && $0.job == report.lease.number }) else {
            throw .finishedWrite
        }
        _ = self.report(report, at: time)
        datasets.rows[write.generation, default: []] += rows
        guard write.mode == .append else { return }
        for (reference, stored) in datasets.stored where stored.id == write.dataset {
            datasets.stored[reference]?.dataset.rowCount += Int64(rows.count)
            datasets.stored[reference]?.dataset.updatedAt = time.wall
        }
    }

    mutating func finishWrite(
        _ write: DatasetWrite,
        lease: JobLease,
        at time: StoreTime
    ) throws(JobStoreError) {
        try requireRun(lease)
        let isMine = { (open: MemoryDatasets.Open) in open.write.dataset == write.dataset && open.job == lease.number }
        guard let open = datasets.open.first(where: isMine) else { return }
        datasets.open.removeAll(where: isMine)
        guard write.mode == .replace else { return }
        for (reference, stored) in datasets.stored where stored.id == write.dataset {
            datasets.rows[stored.dataset.generation] = nil
            datasets.stored[reference]?.dataset.generation = write.generation
            datasets.stored[reference]?.dataset.columns = open.columns
            datasets.stored[reference]?.dataset.rowCount = Int64(datasets.rows[write.generation]?.count ?? 0)
            datasets.stored[reference]?.dataset.updatedAt = time.wall
        }
    }

    func datasets(in projectId: Name, _ scope: Scope) -> [Dataset] {
        datasets.stored.values.map(\.dataset)
            .filter {
                $0.reference.projectId == projectId
                    && scope.includes(tenantId: $0.reference.tenantId, projectId: projectId)
            }
            .sorted {
                ($0.reference.name, $0.reference.tenantId ?? "") < ($1.reference.name, $1.reference.tenantId ?? "")
            }
    }

    func dataset(_ name: Name, in projectId: Name, _ scope: Scope) throws(JobStoreError) -> Dataset {
        guard let dataset = datasets(in: projectId, scope).first(where: { $0.reference.name == name }) else {
            throw .noDataset(name, projectId)
        }
        return dataset
    }

    mutating func deleteDataset(_ reference: DatasetReference) throws(JobStoreError) {
        endWritesOfEndedJobs()
        guard let stored = datasets.stored[reference] else { return }
        guard !datasets.open.contains(where: { $0.write.dataset == stored.id }) else {
            throw .datasetBeingWritten(reference.name)
        }
        datasets.rows[stored.dataset.generation] = nil
        datasets.stored[reference] = nil
    }
}
