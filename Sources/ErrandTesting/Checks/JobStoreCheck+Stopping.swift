import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// Cancelled runs that are slow to stop: what they hold until then, and that they hold it no longer.
    public static let stopping: [JobStoreCheck] = [
        JobStoreCheck("a cancelled run keeps its place below the queue's limit until it has stopped") { test in
            try await test.store.configure(queue: "default", .concurrency(1))
            for _ in 0..<2 { _ = try await test.submit() }
            let lease = try await test.claimOne()
            try await test.cancel(lease.id)
            #expect(try await test.claim().isEmpty)
            #expect(try await test.settle(lease, .acknowledgeCancel) == .applied(.cancelled))
            #expect(try await test.claim().count == 1)
        },
        JobStoreCheck("the place is free when the time to stop is over, whatever the lease, and not before") { test in
            try await test.store.configure(queue: "default", .concurrency(1))
            for lease in [Duration.seconds(2), .seconds(600)] {
                for _ in 0..<2 { _ = try await test.submit() }
                try await test.cancel(try await test.claimOne(lease: lease).id)
                try await test.advance(usualStop - .seconds(2))
                #expect(try await test.store.reap(limit: 10) == 0)
                #expect(try await test.claim().isEmpty)
                try await test.advance(.seconds(2))
                try await test.complete(try await test.claimOne())
            }
        },
        JobStoreCheck("a job that is replaced while its cancelled run stops takes that run's place along") { test in
            for queue in ["a", "b"] as [Name] {
                try await test.store.configure(queue: queue, .concurrency(1))
                _ = try await test.submit { $0.queue = queue }
            }
            let lease = try await test.run { ($0.queue, $0.uniqueKey, $0.priority) = ("a", "k", -1) }
            try await test.cancel(lease.id)
            try await test.retry(lease.id)
            #expect(try await test.claim(queues: ["a"]).isEmpty)
            _ = try await test.submit { ($0.queue, $0.uniqueKey, $0.onConflict) = ("b", "k", .replace) }
            #expect(try await test.claim(queues: ["b"]).isEmpty)
            #expect(try await test.claim(queues: ["a"]).count == 1)
            #expect(try await test.settle(lease, .acknowledgeCancel) == .applied(.queued))
            #expect(try await test.claim(queues: ["b"]).count == 1)
        },
        JobStoreCheck("a cancelled run keeps its place in its tenant's limit") { test in
            for _ in 0..<2 { _ = try await test.submit() }
            var request = test.request()
            request.runningJobsPerTenant = 1
            let lease = try #require(try await test.store.claim(request).jobs.first).lease
            try await test.cancel(lease.id)
            #expect(try await test.store.claim(request).jobs.isEmpty)
            try await test.settle(lease, .acknowledgeCancel)
            #expect(try await test.store.claim(request).jobs.count == 1)
        },
        JobStoreCheck("the time to stop is not renewed") { test in
            let lease = try await test.run()
            try await test.cancel(lease.id)
            try await test.retry(lease.id)
            for _ in 0..<5 {
                try await test.advance(usualStop / 5 - .seconds(1))
                #expect(try await test.renew(lease) == .cancelled)
                #expect(try await test.report(lease) == .cancelled)
                #expect(try await test.claim().isEmpty)
            }
            try await test.advance(.seconds(5))
            #expect(try await test.claim().count == 1)
            #expect(try await test.renew(lease) == .lost)
        },
        JobStoreCheck("a claim that finds no room is told when a run must have stopped") { test in
            try await test.store.configure(queue: "default", .concurrency(1))
            for _ in 0..<2 { _ = try await test.submit() }
            try await test.cancel(try await test.claimOne().id)
            let due = try #require(try await test.store.claim(test.request()).nextDue)
            #expect(due <= usualStop && due > usualStop - .seconds(2))
            try await test.advance(due)
            #expect(try await test.claim().count == 1)
        },
        JobStoreCheck("the word that a run stopped serves the claim that waits for its place or its job") { test in
            try await test.store.configure(queue: "default", .concurrency(1))
            let first = try await test.run()
            _ = try await test.submit()
            try await test.cancel(first.id)
            async let place = test.store.claimWhenReady(test.request())
            try await test.settle(first, .acknowledgeCancel)
            let second = try #require(try await test.settled(place)).lease
            try await test.cancel(second.id)
            try await test.retry(second.id)
            async let next = test.store.claimWhenReady(test.request())
            #expect(try await test.settle(second, .acknowledgeCancel) == .applied(.queued))
            #expect(try await test.settled(next)?.lease.id == second.id)
        },
        JobStoreCheck("a retried job waits until its cancelled run has stopped, however long the lease") { test in
            let lease = try await test.run(lease: .seconds(1))
            try await test.cancel(lease.id)
            let job = try await test.retry(lease.id)
            #expect(try await test.isNow(job.runAt))
            let now = try await test.now()
            #expect(job.status == .queued && job.substate(at: now) == .stopping)
            try await test.advance(.seconds(10))
            #expect(try await test.claim().isEmpty)
            #expect(try await test.settle(lease, .acknowledgeCancel) == .applied(.queued))
            let run = try #require(try await test.claim().first)
            #expect(run.lease.id == lease.id && run.attempt == 1)
            #expect(try await test.settle(lease, .acknowledgeCancel) == .fenced(currentStatus: .running))
        },
        JobStoreCheck("a retry that is put off keeps its time when the run stops before") { test in
            let lease = try await test.run()
            try await test.cancel(lease.id)
            let runAt = try await test.date(in: .seconds(20)).wholeMilliseconds
            #expect(try await test.retry(lease.id, runAt: Moment(clamping: runAt)).runAt == runAt)
            try await test.settle(lease, .acknowledgeCancel)
            #expect(try await test.claim().isEmpty)
            try await test.advance(.seconds(20))
            #expect(try await test.claim().count == 1)
        },
        JobStoreCheck("a retried job that is cancelled and retried again still waits for its run") { test in
            let lease = try await test.run()
            for _ in 0..<3 {
                try await test.cancel(lease.id)
                try await test.retry(lease.id)
                #expect(try await test.claim().isEmpty)
            }
            #expect(try await test.settle(lease, .acknowledgeCancel) == .applied(.queued))
            #expect(try await test.claim().count == 1)
        },
        JobStoreCheck("a jump of the wall clock does not end the time to stop") { test in
            let lease = try await test.run()
            try await test.cancel(lease.id)
            try await test.retry(lease.id)
            try await test.jumpWall(.seconds(3600))
            #expect(try await test.claim().isEmpty)
            try await test.advance(usualStop)
            #expect(try await test.claim().count == 1)
        },
        JobStoreCheck("a job whose run is stopping keeps its queue") { test in
            let lease = try await test.run()
            try await test.cancel(lease.id)
            try await test.retry(lease.id)
            await expect(.conflict, status: .queued) { try await test.amend(lease.id) { $0.queue = "other" } }
            #expect(try await test.amend(lease.id) { $0.priority = 3 }.priority == 3)
            #expect(try await test.claim().isEmpty)
            try await test.settle(lease, .acknowledgeCancel)
            #expect(try await test.amend(lease.id) { $0.queue = "other" }.queue == "other")
            #expect(try await test.claim().count == 1)
        },
        JobStoreCheck("jobs that wait, and tracked ones, free everything at once") { test in
            let waiting = try await test.submit { $0.uniqueKey = "k" }
            try await test.cancel(waiting.id)
            #expect(try await test.submit { $0.uniqueKey = "k" }.outcome == .inserted)
            let tracked = try await test.track { job in
                job.uniqueKey = "t"
                job.startsRunning = true
            }
            try await test.cancel(tracked.id)
            #expect(try await test.track { $0.uniqueKey = "t" }.outcome == .inserted)
            try await test.store.delete(.id(tracked.id), scope: .default)
        },
        JobStoreCheck("a job whose run is stopping is not deleted, nor pruned") { test in
            let past = try await test.now().milliseconds / 1000 - 1000
            let lease = try await test.run { $0.recordExpiresAt = past }
            try await test.cancel(lease.id)
            await expect(.conflict, status: .cancelled) { try await test.store.delete(.id(lease.id), scope: .default) }
            #expect(try await test.prune().deletedRecords == 0)
            #expect(try await test.read(lease.id).status == .cancelled)
            try await test.advance(usualStop)
            #expect(try await test.prune().deletedRecords == 1)
            let other = try await test.run()
            try await test.cancel(other.id)
            try await test.settle(other, .acknowledgeCancel)
            try await test.store.delete(.id(other.id), scope: .default)
        },
        JobStoreCheck("a job whose run is stopping is listed and counted as cancelled") { test in
            let lease = try await test.run { $0.uniqueKey = "k" }
            _ = try await test.submit("other")
            try await test.cancel(lease.id)
            for statuses: Set<JobStatus> in [[.cancelled], [.cancelled, .failed], [.cancelled, .queued]] {
                var filter = JobFilter()
                filter.statuses = statuses
                let listed = try await test.store.jobs(filter, page: PageRequest(), scope: .default).jobs
                #expect(listed.map(\.id).contains(lease.id) && listed.count == (statuses.contains(.queued) ? 2 : 1))
                #expect(try await test.store.count(filter, upTo: nil, scope: .default) == listed.count)
            }
            let counts = try await test.store.counts(by: .type, projectId: nil, scope: .default)
            #expect(counts["work"]?.cancelled == 1 && counts["work"]?.running == 0)
        },
        JobStoreCheck("the word that a run stopped is written down when it comes late, too") { test in
            let lease = try await test.run()
            let cancelled = try await test.cancel(lease.id)
            try await test.advance(usualStop + .seconds(60))
            _ = try await test.store.reap(limit: 10)
            #expect(try await test.settle(lease, .acknowledgeCancel) == .applied(.cancelled))
            let job = try await test.read(lease.id)
            #expect(try await test.isNow(job.cancelAcknowledgedAt) && job.rev == cancelled.rev)
        },
    ]

    /// Unique keys that stopping runs hold.
    public static let stoppingKeys: [JobStoreCheck] = [
        JobStoreCheck("a key that a stopping run holds is refused, whatever is to be done about a conflict") { test in
            let lease = try await test.run { $0.uniqueKey = "k" }
            try await test.cancel(lease.id)
            for policy in NewJob.ConflictPolicy.allCases {
                let error = await test.refusal {
                    _ = try await test.submit { job in
                        job.uniqueKey = "k"
                        job.onConflict = policy
                    }
                }
                #expect(error?.code == .uniqueConflict && error?.pointer == "/0/uniqueKey", "\(policy)")
                #expect(error?.currentStatus == .cancelled && error?.message.contains("\(lease.id)") == true)
                let wait = try #require(error?.retryAfter)
                #expect(wait > .zero && wait <= usualStop)
            }
            try await test.settle(lease, .acknowledgeCancel)
            #expect(try await test.submit { $0.uniqueKey = "k" }.outcome == .inserted)
        },
        JobStoreCheck("a key is free when the time to stop is over") { test in
            for isReaped in [true, false] {
                let lease = try await test.run { $0.uniqueKey = "k" }
                try await test.cancel(lease.id)
                try await test.advance(usualStop)
                if isReaped { _ = try await test.store.reap(limit: 10) }
                let next = try await test.submit { $0.uniqueKey = "k" }
                #expect(next.outcome == .inserted)
                #expect(try await test.read(lease.id).status == .cancelled)
                try await test.cancel(next.id)
            }
        },
        JobStoreCheck("another job is not retried while a stopping run holds its key") { test in
            let failed = try await test.run { $0.uniqueKey = "k" }
            try await test.fail(failed)
            let stopping = try await test.run { $0.uniqueKey = "k" }
            try await test.cancel(stopping.id)
            let error = await test.refusal { try await test.retry(failed.id) }
            #expect(error?.code == .uniqueConflict && error?.retryAfter != nil)
            #expect(error?.message.contains("\(stopping.id)") == true)
            try await test.advance(usualStop)
            #expect(try await test.retry(failed.id).status == .queued)
        },
        JobStoreCheck("a job does not stand in its own retry's way, and answers for its key again") { test in
            let lease = try await test.run { $0.uniqueKey = "k" }
            try await test.cancel(lease.id)
            #expect(try await test.retry(lease.id).status == .queued)
            #expect(try await test.submit { $0.uniqueKey = "k" }.id == lease.id)
            try await test.settle(lease, .acknowledgeCancel)
            #expect(try await test.submit { $0.uniqueKey = "k" }.id == lease.id)
            try await test.complete(try await test.claimOne())
            #expect(try await test.submit { $0.uniqueKey = "k" }.outcome == .inserted)
        },
    ]
}

/// How long a run of a type that no rule names may be stopping.
private let usualStop = StoppingTimes().time(of: "work")

extension JobStoreUnderTest {
    /// The first job of a claim that waited; nil where it was called off for another look.
    fileprivate func settled(_ claim: Claim) async throws -> ClaimedJob? {
        if let job = claim.jobs.first { return job }
        return try await store.claimWhenReady(request()).jobs.first
    }

    /// What a call is refused with.
    fileprivate func refusal(_ body: () async throws -> Void) async -> JobStoreError? {
        do {
            try await body()
            Issue.record("nothing was thrown")
            return nil
        } catch {
            return error as? JobStoreError
        }
    }
}
