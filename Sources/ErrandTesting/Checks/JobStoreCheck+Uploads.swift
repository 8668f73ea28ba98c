import Errand
import FoundationEssentials
import Testing

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
        JobStoreCheck("the bytes of uploads are counted for each tenant, until they are deleted") { test in
            let uploads = try #require(test.store as? any UploadStore)
            #expect(try await uploads.uploadedBytes(scope: .tenant("a")) == 0)
            let first = try await test.upload(for: .tenant("a"), in: uploads)
            let second = try await test.upload(for: .tenant("a"), in: uploads)
            let other = try await test.upload(for: .tenant("b"), in: uploads)
            #expect(try await uploads.uploadedBytes(scope: .tenant("a")) == first.size + second.size)
            #expect(try await uploads.uploadedBytes(scope: .system) == first.size + second.size + other.size)
            _ = try await test.submit(scope: .tenant("a")) { $0.uploads = [first.id] }
            try await test.advance(.seconds(60))
            _ = try await test.prune()
            #expect(try await uploads.uploadedBytes(scope: .tenant("a")) == first.size)
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
        JobStoreCheck("a submit that replaces a job brings its uploads, alone or in one batch") { test in
            let uploads = try #require(test.store as? any UploadStore)
            var job = NewJob(type: "work")
            (job.uniqueKey, job.onConflict) = ("k", .replace)
            var keys: [String] = []
            for count in [1, 2] {
                var batch: [NewJob] = []
                for _ in 0..<count {
                    let upload = try await test.upload(for: .default, in: uploads)
                    keys.append(upload.key)
                    job.uploads = [upload.id]
                    batch.append(job)
                }
                _ = try await test.store.insert(batch, scope: .default)
            }
            try await test.advance(.seconds(120))
            #expect(try await test.prune().orphanedFiles.isEmpty)
            job.uploads = [try #require(JobID("01890000-0000-7000-8000-0000000000cc"))]
            let unknown = [job]
            await expect(.invalid) { _ = try await test.store.insert(unknown, scope: .default) }
            let lease = try await test.claimOne()
            try await test.cancel(lease.id)
            try await test.settle(lease, .acknowledgeCancel)
            try await test.store.delete(.id(lease.id), scope: .default)
            #expect(try await test.prune().orphanedFiles.sorted() == keys.sorted())
        },
        JobStoreCheck("an upload that a run made its result goes with the job") { test in
            let uploads = try #require(test.store as? any UploadStore)
            let upload = try await test.upload(for: .default, in: uploads)
            let file = JobFile(
                name: "result.bin",
                key: upload.key,
                size: upload.size,
                sha256: upload.sha256,
                contentType: "text/plain"
            )
            let lease = try await test.run()
            let result = JobResult(type: .url, location: upload.key, files: [file])
            #expect(try await test.settle(lease, .complete(result)) == .applied(.completed))
            try await test.advance(.seconds(120))
            #expect(try await test.prune().orphanedFiles.isEmpty)
            try await test.store.delete(.id(lease.id), scope: .default)
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
        JobStoreCheck("the system's jobs use no tenant's uploads, and a tenant's none of the system's") { test in
            let uploads = try #require(test.store as? any UploadStore)
            let tenants = try await test.upload(for: .tenant("a"), in: uploads)
            let own = try await test.upload(for: .system, in: uploads)
            await expect(.notFound) { _ = try await uploads.upload(own.id, scope: .tenant("a")) }
            await expect(.invalid, pointer: "/0/uploads/0") {
                _ = try await test.submit(scope: .system) { $0.uploads = [tenants.id] }
            }
            await expect(.invalid, pointer: "/0/uploads/0") {
                _ = try await test.submit(scope: .tenant("a")) { $0.uploads = [own.id] }
            }
            _ = try await test.submit(scope: .system) { $0.uploads = [own.id] }
            try await test.advance(.seconds(60))
            #expect(try await uploads.upload(own.id, scope: .system) == own)
        },
        JobStoreCheck("an upload goes with the last job that names it") { test in
            let uploads = try #require(test.store as? any UploadStore)
            let upload = try await test.upload(for: .default, in: uploads)
            let first = try await test.submit { $0.uploads = [upload.id] }
            try await test.advance(.seconds(120))
            // A job's upload has not expired: another job may use it as long as the record is there.
            let last = try await test.submit { $0.uploads = [upload.id, upload.id] }
            for (id, orphans) in [(first.id, []), (last.id, [upload.key])] {
                try await test.cancel(id)
                try await test.store.delete(.id(id), scope: .default)
                #expect(try await test.prune().orphanedFiles == orphans)
            }
            #expect(try await test.prune(deletedFiles: [upload.key]).orphanedFiles.isEmpty)
        },
        JobStoreCheck("an upload's id is used once, and a refused batch takes over no upload") { test in
            let uploads = try #require(test.store as? any UploadStore)
            let upload = try await test.upload(for: .default, in: uploads)
            await expect(.conflict) { try await uploads.insert(upload, scope: .tenant("b")) }
            #expect(try await uploads.upload(upload.id, scope: .default) == upload)
            var good = NewJob(type: "work")
            good.uploads = [upload.id]
            var bad = good
            bad.uploads.append(JobIDGenerator().next(at: try await test.now()))
            await expect(.invalid, pointer: "/1/uploads/1") {
                _ = try await test.store.insert([good, bad], scope: .default)
            }
            try await test.advance(.seconds(60))
            #expect(try await test.prune().orphanedFiles == [upload.key])
        },
        JobStoreCheck("a follow-up takes over the uploads it names, a replay and an existing job do not") { test in
            let uploads = try #require(test.store as? any UploadStore)
            let upload = try await test.upload(for: .default, in: uploads)
            let lease = try await test.run { $0.uniqueKey = "k" }
            let existing = try await test.submit { job in
                job.uniqueKey = "k"
                job.uploads = [upload.id]
            }
            #expect(existing.outcome == .existing)
            var followUp = NewJob(type: "next")
            followUp.uploads = [upload.id]
            let settlement = Settlement(lease: lease, outcome: .complete(JobResult()), followUps: [followUp])
            #expect(try await test.settle(settlement) == .applied(.completed))
            try await test.store.delete(.id(lease.id), scope: .default)
            try await test.advance(.seconds(60))
            #expect(try await test.prune().orphanedFiles.isEmpty)
            #expect(try await uploads.upload(upload.id, scope: .default) == upload)
        },
        JobStoreCheck("pruning takes no more unused uploads than its limit") { test in
            let uploads = try #require(test.store as? any UploadStore)
            var keys: Set<String> = []
            for _ in 0..<3 { keys.insert(try await test.upload(for: .default, in: uploads).key) }
            try await test.advance(.seconds(60))
            let some = try await test.store.prune(limit: 2, deletedFiles: []).orphanedFiles
            #expect(some.count == 2 && keys.isSuperset(of: some))
            #expect(Set(try await test.store.prune(limit: 2, deletedFiles: []).orphanedFiles) == keys)
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
