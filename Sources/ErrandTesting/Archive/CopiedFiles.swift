import Errand
import FoundationEssentials
import Testing

/// Uploads, datasets, and imports that were left over: what histories do not make.
struct CopiedFiles {
    private let store: any CopyCheck.Store
    private let clock: ManualClock

    /// What ``fill()`` makes.
    static let upload = JobID("01890000-0000-7000-8000-0000000000aa")
    static let project: Name = "copied"

    init(_ store: any CopyCheck.Store, _ clock: ManualClock) { (self.store, self.clock) = (store, clock) }

    func fill() async throws {
        let id = try #require(Self.upload)
        let upload = Upload(
            id: id,
            key: "tenants/default/uploads/a",
            filename: "ä \"quoted\".csv",
            size: 5,
            sha256: String(repeating: "a", count: 64),
            expiresAt: clock.now().wall.addingTimeInterval(86400 * 30)
        )
        try await store.insert(upload, scope: .default)
        try await fillDataset("done", finishes: true, uploads: [id])
        try await fillDataset("begun", finishes: false, uploads: [])
        try await makeOrphan()
    }

    /// Imports a few rows; the run is left over where it does not finish.
    private func fillDataset(_ name: Name, finishes: Bool, uploads: [JobID]) async throws {
        let lease = try await claim(uploads: uploads)
        let dataset = DatasetReference(tenantId: "default", projectId: Self.project, name: name)
        let columns = ["a", "b \"c\"", "d,{e}\\"]
        let write = try await store.beginWrite(dataset, columns: columns, mode: .replace, lease: lease)
        var report = RunReport(lease: lease)
        report.checkpoint = JSONText(trusted: "{\"row\":250}")
        report.progress = 40
        report.logs = [LogLine(at: clock.now().wall, level: .warning, message: "half-way\n\"there\"")]
        let rows = (0..<250).map { JSONText(trusted: "[\($0),\"x\\\\\\\"\",null]") }
        try await store.append(rows, to: write, report: report)
        guard finishes else { return }
        try await store.finishWrite(write, lease: lease)
        let file = JobFile(name: "errors.csv", key: "k/1", size: 3, sha256: "00", contentType: "text/csv")
        let result = JobResult(JSONText(trusted: "{\"n\":1e2}"), files: [file])
        _ = try await store.settle([Settlement(lease: lease, outcome: .complete(result))])
    }

    /// A file whose job is deleted, and which is not deleted itself yet.
    private func makeOrphan() async throws {
        let lease = try await claim(uploads: [])
        let file = JobFile(name: "gone.csv", key: "k/gone", size: 3, sha256: "00", contentType: "text/csv")
        _ = try await store.settle([Settlement(lease: lease, outcome: .complete(JobResult(files: [file])))])
        try await store.delete(.id(lease.id), scope: .system)
    }

    private func claim(uploads: [JobID]) async throws -> JobLease {
        var job = NewJob(type: "filling", queue: "filling")
        job.uploads = uploads
        _ = try await store.insert([job], scope: .default)
        let request = ClaimRequest(worker: "w", queues: ["filling"], types: ["filling"], limit: 1, lease: .seconds(30))
        return try #require(try await store.claim(request).jobs.first).lease
    }
}
