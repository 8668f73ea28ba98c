#if Server
import Errand
import FoundationEssentials
import Synchronization

/// One dataset of the project `flights` that is only read, and another that a job writes.
final class FixedDatasets: DatasetStore {
    private let deleted = Mutex(false)

    private let routes = Dataset(
        generation: 1,
        reference: DatasetReference(tenantId: "default", projectId: "flights", name: "routes"),
        columns: ["from", "miles"],
        rowCount: 5,
        updatedAt: Date(timeIntervalSince1970: 1_767_225_600)
    )

    var isDeleted: Bool { deleted.withLock { $0 } }

    func beginWrite(
        _ dataset: DatasetReference,
        columns: [String],
        mode: DatasetWriteMode,
        lease: JobLease
    ) async throws(JobStoreError) -> DatasetWrite { throw JobStoreError(.conflict, "read only") }

    func append(_ rows: [JSONText], to write: DatasetWrite, report: RunReport) async throws(JobStoreError) {
        throw JobStoreError(.conflict, "read only")
    }

    func finishWrite(_ write: DatasetWrite, lease: JobLease) async throws(JobStoreError) {
        throw JobStoreError(.conflict, "read only")
    }

    func datasets(projectId: Name, scope: Scope) async throws(JobStoreError) -> [Dataset] {
        projectId == "flights" ? [routes] : []
    }

    func dataset(_ name: Name, projectId: Name, scope: Scope) async throws(JobStoreError) -> Dataset {
        guard name == "routes", projectId == "flights" else { throw JobStoreError(.notFound, "no dataset \(name)") }
        return routes
    }

    func rows(
        of dataset: Dataset,
        after position: Int64,
        limit: Int
    ) async throws(JobStoreError) -> [DatasetRow] {
        let all = (1...5).map { DatasetRow(position: $0, values: JSONText(trusted: #"["A\#($0)",\#($0).50]"#)) }
        return Array(all.filter { $0.position > position }.prefix(limit))
    }

    func deleteDataset(_ name: Name, projectId: Name, scope: Scope) async throws(JobStoreError) {
        if name == "busy" { throw JobStoreError(.conflict, "job 7 writes the dataset") }
        _ = try await dataset(name, projectId: projectId, scope: scope)
        deleted.withLock { $0 = true }
    }
}
#endif
