import Errand
import FoundationEssentials
import Testing

// Checks of the stores that keep uploads and datasets beside the jobs.
extension JobStoreCheck {
    /// Records of uploads; for stores that conform to ``Errand/UploadStore``, and not part of ``all``.
    public static let uploads: [JobStoreCheck] = [
        JobStoreCheck("an upload is its tenant's until it expires") { test in
            let uploads = try #require(test.store as? any UploadStore)
            let upload = try await test.upload(for: .tenant("a"), in: uploads)
            #expect(try await uploads.upload(upload.id, scope: .tenant("a")) == upload)
            #expect(try await uploads.upload(upload.id, scope: .system) == upload)
            await expect(.notFound) { _ = try await uploads.upload(upload.id, scope: .tenant("b")) }
            try await test.advance(.seconds(60))
            await expect(.notFound) { _ = try await uploads.upload(upload.id, scope: .tenant("a")) }
            #expect(try await test.prune().orphanedFiles == [upload.key])
        },
        JobStoreCheck("a job's uploads live and go with its record") { test in
            let uploads = try #require(test.store as? any UploadStore)
            let upload = try await test.upload(for: .default, in: uploads)
            let inserted = try await test.submit { $0.uploads = [upload.id] }
            try await test.advance(.seconds(120))
            #expect(try await uploads.upload(upload.id, scope: .default) == upload)
            #expect(try await test.prune().orphanedFiles.isEmpty)
            try await test.cancel(inserted.id)
            try await test.store.delete(.id(inserted.id), scope: .default)
            await expect(.notFound) { _ = try await uploads.upload(upload.id, scope: .default) }
            #expect(try await test.prune().orphanedFiles == [upload.key])
        },
        JobStoreCheck("an upload that is not there, or not the tenant's, cannot be used") { test in
            let uploads = try #require(test.store as? any UploadStore)
            let foreign = try await test.upload(for: .tenant("b"), in: uploads)
            let own = try await test.upload(for: .tenant("a"), in: uploads)
            await expect(.invalid, pointer: "/0/uploads/1") {
                _ = try await test.submit(scope: .tenant("a")) { $0.uploads = [own.id, foreign.id] }
            }
            try await test.advance(.seconds(60))
            await expect(.invalid, pointer: "/0/uploads/0") {
                _ = try await test.submit(scope: .tenant("a")) { $0.uploads = [own.id] }
            }
        },
    ]

    /// Datasets; for stores that conform to ``Errand/DatasetStore``, and not part of ``all``.
    public static let datasets: [JobStoreCheck] = [
        JobStoreCheck("appended rows are visible at once, in order, with the checkpoint") { test in
            let datasets = try #require(test.store as? any DatasetStore)
            let lease = try await test.run()
            let write = try await datasets.begin(.append, ["a", "b"], lease)
            var report = RunReport(lease: lease)
            report.checkpoint = .checked("2")
            try await datasets.append([.checked("[1,2]"), .checked("[3,4]")], to: write, report: report)
            let dataset = try await datasets.dataset("d", projectId: "p", scope: .default)
            #expect(dataset.rowCount == 2 && dataset.columns == ["a", "b"])
            let rows = try await datasets.rows(of: dataset, after: 0, limit: 9)
            #expect(rows.map(\.values.string) == ["[1,2]", "[3,4]"])
            let rest = try await datasets.rows(of: dataset, after: try #require(rows.first).position, limit: 9)
            #expect(rest == Array(rows.dropFirst()))
            #expect(try await test.read(lease.id).checkpoint == .checked("2"))
        },
        JobStoreCheck("a replacement is visible when it is finished") { test in
            let datasets = try #require(test.store as? any DatasetStore)
            let lease = try await test.run()
            let first = try await datasets.begin(.append, ["a"], lease)
            try await datasets.append([.checked("[1]")], to: first, report: RunReport(lease: lease))
            try await datasets.finishWrite(first, lease: lease)
            let second = try await datasets.begin(.replace, ["x", "y"], lease)
            try await datasets.append([.checked("[8,9]")], to: second, report: RunReport(lease: lease))
            let before = try await datasets.dataset("d", projectId: "p", scope: .default)
            #expect(before.columns == ["a"] && before.rowCount == 1)
            try await datasets.finishWrite(second, lease: lease)
            let after = try await datasets.dataset("d", projectId: "p", scope: .default)
            #expect(after.columns == ["x", "y"] && after.rowCount == 1)
            #expect(try await datasets.rows(of: after, after: 0, limit: 9).map(\.values.string) == ["[8,9]"])
        },
        JobStoreCheck("a lost job goes on with the generation it had") { test in
            let datasets = try #require(test.store as? any DatasetStore)
            let lost = try await test.run(lease: .seconds(1))
            let write = try await datasets.begin(.replace, ["a"], lost)
            try await datasets.append([.checked("[1]")], to: write, report: RunReport(lease: lost))
            try await test.advance(.seconds(1))
            _ = try await test.store.reap(limit: 1)
            let lease = try await test.claimOne()
            #expect(try await datasets.begin(.replace, ["a"], lease) == write)
            await expect(.fenced) {
                try await datasets.append([.checked("[0]")], to: write, report: RunReport(lease: lost))
            }
            await expect(.fenced) { try await datasets.finishWrite(write, lease: lost) }
            try await datasets.append([.checked("[2]")], to: write, report: RunReport(lease: lease))
            try await datasets.finishWrite(write, lease: lease)
            let dataset = try await datasets.dataset("d", projectId: "p", scope: .default)
            #expect(try await datasets.rows(of: dataset, after: 0, limit: 9).map(\.values.string) == ["[1]", "[2]"])
        },
        JobStoreCheck("other columns, another's replacement and a stale lease are refused") { test in
            let datasets = try #require(test.store as? any DatasetStore)
            let lease = try await test.run()
            let write = try await datasets.begin(.append, ["a"], lease)
            try await datasets.append([.checked("[1]")], to: write, report: RunReport(lease: lease))
            try await datasets.finishWrite(write, lease: lease)
            await expect(.invalid) { _ = try await datasets.begin(.append, ["b"], lease) }
            _ = try await datasets.begin(.replace, ["c"], lease)
            let other = try await test.run()
            await expect(.conflict) { _ = try await datasets.begin(.replace, ["d"], other) }
            await expect(.conflict) { _ = try await datasets.begin(.append, ["a"], other) }
            await expect(.conflict) {
                try await datasets.deleteDataset("d", projectId: "p", scope: .default)
            }
            try await test.fail(lease)
            _ = try await datasets.begin(.replace, ["d"], other)
            await expect(.fenced) { _ = try await datasets.begin(.append, ["a"], lease) }
        },
        JobStoreCheck("a dataset is its tenant's, and can be deleted") { test in
            let datasets = try #require(test.store as? any DatasetStore)
            let lease = try await test.run()
            let write = try await datasets.begin(.append, ["a"], lease)
            try await datasets.finishWrite(write, lease: lease)
            #expect(try await datasets.datasets(projectId: "p", scope: .default).map(\.reference.name) == ["d"])
            for scope in [Scope.tenant("b"), .tenant("default", projects: ["q"])] {
                #expect(try await datasets.datasets(projectId: "p", scope: scope).isEmpty)
                await expect(.notFound) { _ = try await datasets.dataset("d", projectId: "p", scope: scope) }
                await expect(.notFound) { try await datasets.deleteDataset("d", projectId: "p", scope: scope) }
            }
            try await datasets.deleteDataset("d", projectId: "p", scope: .default)
            await expect(.notFound) { _ = try await datasets.dataset("d", projectId: "p", scope: .system) }
        },
    ]
}

extension JobStoreUnderTest {
    /// Records an upload that expires in a minute.
    fileprivate func upload(for scope: Scope, in uploads: any UploadStore) async throws -> Upload {
        let id = JobIDGenerator().next(at: try await now())
        let upload = Upload(
            id: id,
            key: "uploads/\(id)",
            filename: "naïve.csv",
            size: 12,
            sha256: "ab",
            expiresAt: try await date(in: .seconds(60))
        )
        try await uploads.insert(upload, scope: scope)
        return upload
    }
}

extension DatasetStore {
    /// Begins to write the dataset `d` of the project `p`.
    fileprivate func begin(
        _ mode: DatasetWriteMode,
        _ columns: [String],
        _ lease: JobLease
    ) async throws(JobStoreError) -> DatasetWrite {
        let reference = DatasetReference(tenantId: "default", projectId: "p", name: "d")
        return try await beginWrite(reference, columns: columns, mode: mode, lease: lease)
    }
}
