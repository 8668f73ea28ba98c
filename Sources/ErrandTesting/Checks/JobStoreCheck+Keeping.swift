import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// Taking back what dead workers held.
    public static let reaping: [JobStoreCheck] = [
        JobStoreCheck("a run whose lease is over is queued again, uncharged") { test in
            let lease = try await test.run(lease: .seconds(30))
            try await test.advance(.milliseconds(29_000))
            #expect(try await test.store.reap(limit: 10) == 0)
            try await test.advance(.milliseconds(1000))
            #expect(try await test.store.reap(limit: 10) == 1)
            let job = try await test.read(lease.id)
            #expect(job.status == .queued && job.fence == 2 && job.attempt == 0 && job.lostCount == 1)
            #expect(job.rev == 3 && job.leaseEnd == nil && job.workerId == nil && job.startedAt == nil)
            let record = try #require(job.errors.first)
            #expect(record.outcome == .lost && record.code == "lost" && record.fence == 1 && record.attempt == 1)
            #expect(record.workerId == "w1")
            #expect(try await test.claim().map(\.lostCount) == [1])
        },
        JobStoreCheck("three losses in a row make a poison pill") { test in
            _ = try await test.submit { $0.maxAttempts = 10 }
            var id: JobID?
            for _ in 0..<3 {
                id = try await test.claimOne(lease: .seconds(1)).id
                try await test.advance(.seconds(1))
                #expect(try await test.store.reap(limit: 10) == 1)
            }
            let job = try await test.read(try #require(id))
            #expect(job.status == .failed && job.failure?.code == "poison_pill" && job.lostCount == 3)
            #expect(job.attempt == 0 && job.fence == 6 && job.errors.map(\.outcome) == [.lost, .lost, .lost])
            #expect(try await test.claim().isEmpty)
            let retried = try await test.retry(job.id)
            #expect(retried.lostCount == 0 && retried.status == .queued)
        },
        JobStoreCheck("a failure, a snooze and a release start the count of losses again") { test in
            let outcomes: [Settlement.Outcome] = [
                .fail(JobFailure(code: "c", message: "m"), retryAfter: .zero), .snooze(.zero), .release(after: .zero),
            ]
            for outcome in outcomes {
                let inserted = try await test.submit()
                for _ in 0..<2 {
                    _ = try await test.claimOne(lease: .seconds(1))
                    try await test.advance(.seconds(1))
                    _ = try await test.store.reap(limit: 10)
                }
                #expect(try await test.read(inserted.id).lostCount == 2)
                try await test.settle(try await test.claimOne(), outcome)
                #expect(try await test.read(inserted.id).lostCount == 0)
                try await test.cancel(inserted.id)
            }
        },
        JobStoreCheck("a reap takes back no more than its limit") { test in
            for _ in 0..<5 { _ = try await test.run(lease: .seconds(1)) }
            try await test.advance(.seconds(1))
            #expect(try await test.store.reap(limit: 2) == 2)
            #expect(try await test.store.reap(limit: 10) == 3)
            #expect(try await test.store.reap(limit: 10) == 0)
        },
        JobStoreCheck("reaps at once take each run back once") { test in
            var ids: [JobID] = []
            for _ in 0..<20 { ids.append(try await test.run(lease: .seconds(1)).id) }
            try await test.advance(.seconds(1))
            let taken = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 { group.addTask { try await test.store.reap(limit: 20) } }
                return try await group.reduce(0, +)
            }
            #expect(taken == 20)
            for id in ids { #expect(try await test.read(id).lostCount == 1) }
        },
        JobStoreCheck("a settle after the lease is over, but before the reap, still counts") { test in
            let lease = try await test.run(lease: .seconds(1))
            try await test.advance(.seconds(5))
            #expect(try await test.complete(lease) == .applied(.completed))
            #expect(try await test.store.reap(limit: 10) == 0)
        },
        JobStoreCheck("a tracked job is not reaped, but fails when it is silent for too long") { test in
            let id = try await test.track { job in
                job.tracking = Tracking(staleAfterSeconds: 60)
                job.startsRunning = true
            }.id
            let patient = try await test.track { $0.startsRunning = true }.id
            try await test.advance(.seconds(50))
            try await test.update(id) { $0.progress = 1 }
            try await test.advance(.seconds(50))
            #expect(try await test.store.reap(limit: 10) == 0)
            #expect(try await test.read(id).status == .running)
            try await test.advance(.seconds(10))
            _ = try await test.store.reap(limit: 10)
            let job = try await test.read(id)
            #expect(job.status == .failed && job.failure?.code == "stale" && job.fence == 2)
            #expect(try await test.read(patient).status == .running)
        },
        JobStoreCheck("a cancelled run is not reaped") { test in
            let lease = try await test.run(lease: .seconds(1))
            let job = try await test.cancel(lease.id)
            try await test.advance(.seconds(5))
            #expect(try await test.store.reap(limit: 10) == 0)
            #expect(try await test.read(lease.id) == job)
        },
    ]

    /// Deleting records, at once and when their time has come.
    public static let pruning: [JobStoreCheck] = [
        JobStoreCheck("an ended job is kept for the retention, then deleted") { test in
            let lease = try await test.run()
            try await test.complete(lease)
            try await test.advance(.seconds(7 * 86400 - 2))
            #expect(try await test.prune().deletedRecords == 0)
            try await test.advance(.seconds(4))
            #expect(try await test.prune().deletedRecords == 1)
            await expect(.gone) { _ = try await test.read(lease.id) }
            #expect(try await test.store.jobs(JobFilter(), page: PageRequest(), scope: .system).jobs.isEmpty)
        },
        JobStoreCheck("a worker's job that has not ended is kept, however old") { test in
            let past = try await test.now().milliseconds / 1000 - 1000
            let running = try await test.run { $0.recordExpiresAt = past }
            let queued = try await test.submit("other") { $0.recordExpiresAt = past }
            #expect(try await test.prune().deletedRecords == 0)
            try await test.complete(running)
            #expect(try await test.prune().deletedRecords == 1)
            #expect(try await test.read(queued.id).status == .queued)
        },
        JobStoreCheck("a tracked job is deleted when its time has come, in any status") { test in
            let queued = try await test.track()
            let running = try await test.track { $0.startsRunning = true }
            try await test.advance(.seconds(7 * 86400 + 2))
            #expect(try await test.prune().deletedRecords == 2)
            await expect(.gone) { _ = try await test.read(queued.id) }
            await expect(.gone) { _ = try await test.read(running.id) }
        },
        JobStoreCheck("a prune deletes no more than its limit") { test in
            for _ in 0..<5 { try await test.cancel(try await test.submit().id) }
            try await test.advance(.seconds(8 * 86400))
            #expect(try await test.store.prune(limit: 3, deletedFiles: []).deletedRecords == 3)
            #expect(try await test.store.prune(limit: 3, deletedFiles: []).deletedRecords == 2)
        },
        JobStoreCheck("a deleted job is gone for a day, to its own scope, and then unknown") { test in
            let inserted = try await test.submit(scope: .tenant("a"))
            try await test.cancel(inserted.id)
            try await test.store.delete(.id(inserted.id), scope: .tenant("a"))
            for reference in [JobReference.id(inserted.id), .number(inserted.number)] {
                await expect(.gone) { _ = try await test.store.job(reference, scope: .tenant("a")) }
                await expect(.notFound) { _ = try await test.store.job(reference, scope: .tenant("b")) }
            }
            await expect(.gone) { try await test.retry(inserted.id) }
            await expect(.gone) { try await test.store.delete(.id(inserted.id), scope: .system) }
            try await test.advance(.seconds(86400 + 1))
            _ = try await test.prune()
            await expect(.notFound) { _ = try await test.read(inserted.id) }
        },
        JobStoreCheck("a job that has not ended is not deleted") { test in
            let queued = try await test.submit("other")
            let running = try await test.run()
            for (id, status) in [(queued.id, JobStatus.queued), (running.id, .running)] {
                await expect(.conflict, status: status) {
                    try await test.store.delete(.id(id), scope: .default)
                }
                #expect(try await test.read(id).status == status)
            }
        },
        JobStoreCheck("a number is never given again") { test in
            let first = try await test.submit()
            try await test.cancel(first.id)
            try await test.store.delete(.id(first.id), scope: .default)
            #expect(try await test.submit().number > first.number)
        },
        JobStoreCheck("a deleted job's worker is fenced off") { test in
            let lease = try await test.run()
            try await test.cancel(lease.id)
            try await test.advance(StoppingTimes.limit)
            try await test.store.delete(.id(lease.id), scope: .default)
            #expect(try await test.complete(lease) == .fenced(currentStatus: nil))
            #expect(try await test.report(lease) == .fenced(currentStatus: nil))
            #expect(try await test.renew(lease) == .lost)
        },
        JobStoreCheck("the files of a deleted job are told until they are reported as deleted") { test in
            let lease = try await test.run()
            let files = ["a", "b"].map {
                JobFile(name: $0, key: "k/\($0)", size: 1, sha256: "", contentType: "text/plain")
            }
            try await test.settle(lease, .complete(JobResult(files: files)))
            #expect(try await test.prune().orphanedFiles.isEmpty)
            try await test.store.delete(.id(lease.id), scope: .default)
            #expect(try await test.prune().orphanedFiles.sorted() == ["k/a", "k/b"])
            #expect(try await test.prune(deletedFiles: ["k/a"]).orphanedFiles == ["k/b"])
            #expect(try await test.prune(deletedFiles: ["k/b"]).orphanedFiles.isEmpty)
        },
        JobStoreCheck("an id is free again for nobody while its tombstone stands") { test in
            let id = JobIDGenerator().next(at: try await test.now())
            _ = try await test.submit { $0.id = id }
            try await test.cancel(id)
            try await test.store.delete(.id(id), scope: .default)
            await expect(.gone) { _ = try await test.submit { $0.id = id } }
        },
    ]
}
