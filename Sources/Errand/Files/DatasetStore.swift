public import FoundationEssentials

/// Where imported rows live: per tenant and project, beside the jobs.
public protocol DatasetStore: Sendable {
    /// Starts or goes on writing a dataset for a running job; the dataset is made when there is none.
    ///
    /// `replace` fills a new generation that readers see when the write is finished; a job that calls this again after
    /// it was lost goes on with the generation it had. `append` adds to the present one.
    ///
    /// Throws `invalid` when the columns differ from those of the rows already there, `conflict` when another job
    /// replaces the dataset or is about to add the first rows with other columns, `fenced` when the lease is not the
    /// job's.
    func beginWrite(
        _ dataset: DatasetReference,
        columns: [String],
        mode: DatasetWriteMode,
        lease: JobLease
    ) async throws(JobStoreError) -> DatasetWrite

    /// Adds rows and stores the job's checkpoint in one transaction, if the lease still holds.
    ///
    /// - Parameters:
    ///   - rows: Each a JSON array with a value for every column, in their order.
    ///   - write: What ``beginWrite(_:columns:mode:lease:)`` answered.
    ///   - report: The lease, the checkpoint and the progress to store with the rows.
    /// - Throws: `fenced` when the lease is not the job's any more, `conflict` when the write was finished; no row was
    ///   added then.
    func append(_ rows: [JSONText], to write: DatasetWrite, report: RunReport) async throws(JobStoreError)

    /// Makes what was written visible: swaps generations after `replace`, and forgets the old one.
    ///
    /// Finishing once more, as who never heard the answer does, changes nothing. Throws `fenced` when the lease is not
    /// the job's any more.
    func finishWrite(_ write: DatasetWrite, lease: JobLease) async throws(JobStoreError)

    /// Lists the datasets of a project, by name.
    func datasets(projectId: Name, scope: Scope) async throws(JobStoreError) -> [Dataset]

    /// Reads one; throws `notFound`.
    func dataset(_ name: Name, projectId: Name, scope: Scope) async throws(JobStoreError) -> Dataset

    /// Reads rows in the order they were added, each a JSON array, at most `limit` after a row's position.
    func rows(
        of dataset: Dataset,
        after position: Int64,
        limit: Int
    ) async throws(JobStoreError) -> [DatasetRow]

    /// Deletes a dataset and its rows; throws `conflict` while a job writes it.
    func deleteDataset(_ name: Name, projectId: Name, scope: Scope) async throws(JobStoreError)
}

/// Names a dataset.
public struct DatasetReference: Sendable, Hashable {
    /// Whose it is; the tenant of the job that writes it.
    public var tenantId: Name?
    /// The project; every dataset has one.
    public var projectId: Name
    /// The name, unique in its project.
    public var name: Name

    /// Creates a reference.
    public init(tenantId: Name?, projectId: Name, name: Name) {
        self.tenantId = tenantId
        self.projectId = projectId
        self.name = name
    }
}

/// A dataset as a reader sees it.
public struct Dataset: Sendable, Hashable {
    /// Identifies the generation of rows that readers see.
    public var generation: Int64
    /// Names it.
    public var reference: DatasetReference
    /// The columns, in order.
    public var columns: [String]
    /// How many rows it has.
    public var rowCount: Int64
    /// When it last changed.
    public var updatedAt: Date

    /// Creates a dataset's description.
    public init(
        generation: Int64,
        reference: DatasetReference,
        columns: [String],
        rowCount: Int64,
        updatedAt: Date
    ) {
        self.generation = generation
        self.reference = reference
        self.columns = columns
        self.rowCount = rowCount
        self.updatedAt = updatedAt
    }
}

/// How rows are written.
public enum DatasetWriteMode: String, Sendable, Hashable, CaseIterable {
    /// After the rows already there; each batch is visible at once.
    case append
    /// Instead of the rows already there; visible when finished.
    case replace
}

/// A write under way.
public struct DatasetWrite: Sendable, Hashable {
    /// The dataset's row in its store.
    public var dataset: Int64
    /// The generation that is being filled.
    public var generation: Int64
    /// How it is written.
    public var mode: DatasetWriteMode
    /// How many rows the generation had when the job first began.
    public var rowCount: Int64

    /// Creates a write's description.
    public init(dataset: Int64, generation: Int64, mode: DatasetWriteMode, rowCount: Int64) {
        self.dataset = dataset
        self.generation = generation
        self.mode = mode
        self.rowCount = rowCount
    }
}

/// A row and its place.
public struct DatasetRow: Sendable, Hashable {
    /// Grows in the order rows were added; where to go on reading.
    public var position: Int64
    /// A JSON array with a value for every column.
    public var values: JSONText

    /// Creates a row.
    public init(position: Int64, values: JSONText) {
        self.position = position
        self.values = values
    }
}
