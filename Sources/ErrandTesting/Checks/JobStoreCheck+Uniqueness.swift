import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// At most one queued or running job of a type and tenant has a unique key.
    public static let uniqueness: [JobStoreCheck] =
        [
            JobStoreCheck("a taken key answers with the job that has it") { test in
                let first = try await test.submit { $0.uniqueKey = "k" }
                let second = try await test.submit { job in
                    job.uniqueKey = "k"
                    job.payload = .checked(#"{"other": true}"#)
                }
                #expect(second.id == first.id && second.number == first.number && second.outcome == .existing)
                let job = try await test.read(first.id)
                #expect(job.payload == .emptyObject && job.rev == 1)
            },
            JobStoreCheck("a taken key is refused when asked so") { test in
                _ = try await test.submit { $0.uniqueKey = "k" }
                await expect(.uniqueConflict, status: .queued) {
                    _ = try await test.submit { job in
                        job.uniqueKey = "k"
                        job.onConflict = .reject
                    }
                }
            },
            JobStoreCheck("a replace without a due time makes a scheduled job due") { test in
                let later = try await test.date(in: .seconds(3600))
                _ = try await test.submit { job in
                    job.uniqueKey = "k"
                    job.runAt = Moment(clamping: later)
                }
                _ = try await test.submit { job in
                    job.uniqueKey = "k"
                    job.onConflict = .replace
                }
                #expect(try await test.claim().count == 1)
            },
            JobStoreCheck("a running job is not replaced") { test in
                let lease = try await test.run { $0.uniqueKey = "k" }
                await expect(.uniqueConflict, status: .running) {
                    _ = try await test.submit { job in
                        job.uniqueKey = "k"
                        job.onConflict = .replace
                    }
                }
                #expect(try await test.read(lease.id).payload == .emptyObject)
            },
            JobStoreCheck("a key is free again once its job has ended") { test in
                for end in [JobStatus.completed, .failed, .cancelled] {
                    let lease = try await test.run { $0.uniqueKey = "k" }
                    switch end {
                    case .completed: try await test.complete(lease)
                    case .failed: try await test.fail(lease)
                    default:
                        try await test.cancel(lease.id)
                        try await test.settle(lease, .acknowledgeCancel)
                    }
                    #expect(try await test.read(lease.id).status == end)
                }
                #expect(try await test.submit { $0.uniqueKey = "k" }.outcome == .inserted)
            },
            JobStoreCheck("a key holds while its job waits for a retry") { test in
                let lease = try await test.run { $0.uniqueKey = "k" }
                try await test.fail(lease, retryAfter: .seconds(60))
                #expect(try await test.submit { $0.uniqueKey = "k" }.outcome == .existing)
            },
            JobStoreCheck("the same key of another type or tenant is another key") { test in
                let inserted = [
                    try await test.submit { $0.uniqueKey = "k" },
                    try await test.submit("other") { $0.uniqueKey = "k" },
                    try await test.submit(scope: .tenant("b")) { $0.uniqueKey = "k" },
                    try await test.submit(scope: .system) { $0.uniqueKey = "k" },
                ]
                #expect(inserted.allSatisfy { $0.outcome == .inserted })
            },
            JobStoreCheck("a key is compared byte for byte, and type and key do not run together") { test in
                let inserted = [
                    try await test.submit("ab") { $0.uniqueKey = "c" },
                    try await test.submit("a") { $0.uniqueKey = "bc" },
                    try await test.submit("a") { $0.uniqueKey = "BC" },
                    try await test.submit("a") { $0.uniqueKey = "bc " },
                    try await test.submit("a", scope: .tenant("ab")) { $0.uniqueKey = "c" },
                ]
                #expect(inserted.allSatisfy { $0.outcome == .inserted })
            },
            JobStoreCheck("a key taken within the batch counts") { test in
                var job = NewJob(type: "work")
                job.uniqueKey = "k"
                let inserted = try await test.store.insert([job, job], scope: .default)
                #expect(inserted.map(\.outcome) == [.inserted, .existing])
                #expect(inserted.first?.id == inserted.last?.id)
                job.uniqueKey = "other"
                var rejecting = job
                rejecting.onConflict = .reject
                let batch = [job, rejecting]
                await expect(.uniqueConflict) { _ = try await test.store.insert(batch, scope: .default) }
                #expect(try await test.submit { $0.uniqueKey = "other" }.outcome == .inserted)
            },
            JobStoreCheck("submits of one key at once make one job") { test in
                let inserted = try await withThrowingTaskGroup(of: InsertedJob.self) { group in
                    for _ in 0..<30 { group.addTask { try await test.submit { $0.uniqueKey = "k" } } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(inserted.count { $0.outcome == .inserted } == 1)
                #expect(Set(inserted.map(\.id)).count == 1)
            },
            JobStoreCheck("a retry is refused while another job has the key") { test in
                let lease = try await test.run { $0.uniqueKey = "k" }
                try await test.fail(lease)
                let other = try await test.submit { $0.uniqueKey = "k" }
                await expect(.uniqueConflict, status: .queued) { try await test.retry(lease.id) }
                #expect(try await test.read(lease.id).status == .failed)
                try await test.cancel(other.id)
                #expect(try await test.retry(lease.id).status == .queued)
            },
            JobStoreCheck("a tracked job has a unique key too") { test in
                let first = try await test.track { $0.uniqueKey = "k" }
                #expect(try await test.track { $0.uniqueKey = "k" }.id == first.id)
                try await test.update(first.id) { $0.status = .completed }
                #expect(try await test.track { $0.uniqueKey = "k" }.outcome == .inserted)
            },
        ] + replacing
}
