import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// Changes of jobs that wait, and changes that are meant for one revision.
    public static let amending: [JobStoreCheck] = [
        JobStoreCheck("a queued job takes a new priority, time, queue and tags") { test in
            let inserted = try await test.submit { $0.metadata = .checked(#"{"a":1.50,"tags":["x"],"b":[]}"#) }
            let runAt = try await test.date(in: .seconds(60)).wholeMilliseconds
            let job = try await test.amend(inserted.id) { amendment in
                amendment.priority = -5
                amendment.due = .at(Moment(clamping: runAt))
                amendment.queue = "other"
                amendment.tags = ["y", "z"]
            }
            #expect(job.priority == -5 && job.runAt == runAt && job.queue == "other" && job.tags == ["y", "z"])
            #expect(job.status == .queued && job.rev == 2 && job.fence == 0)
            #expect(try job.metadata.object()["a"] == .checked("1.50"))
            #expect(try await test.read(inserted.id) == job)
            var filter = JobFilter()
            (filter.queue, filter.tag) = ("other", "z")
            #expect(try await test.store.jobs(filter, page: PageRequest(), scope: .default).jobs.map(\.id) == [job.id])
            let counts = try await test.store.counts(by: .queue, projectId: nil, scope: .default)
            #expect(counts["other"]?.queued == 1 && counts["default"]?.queued ?? 0 == 0)
        },
        JobStoreCheck("what is as it was is no change") { test in
            let inserted = try await test.submit { $0.priority = 3 }
            #expect(try await test.amend(inserted.id) { $0.priority = 3 }.rev == 1)
            #expect(try await test.amend(inserted.id) { _ in }.rev == 1)
        },
        JobStoreCheck("a job that is put off is not claimed before, and one that is brought forward is, at once") {
            test in
            let inserted = try await test.submit()
            let later = try await test.date(in: .seconds(60))
            let job = try await test.amend(inserted.id) { $0.due = .at(Moment(clamping: later)) }
            #expect(job.runAt == later.wholeMilliseconds)
            #expect(try await test.claim().isEmpty)
            try await test.amend(inserted.id) { $0.due = .now }
            #expect(try await test.claim().map(\.lease.id) == [inserted.id])
        },
        JobStoreCheck("a new priority decides who is claimed first") { test in
            let ids = [try await test.submit().id, try await test.submit().id, try await test.submit().id]
            _ = try await test.claimOne()
            try await test.amend(ids[2]) { $0.priority = -1 }
            #expect(try await test.claimOne().id == ids[2])
            #expect(try await test.claimOne().id == ids[1])
        },
        JobStoreCheck("a job that changes its queue is claimed there and nowhere else") { test in
            let inserted = try await test.submit()
            try await test.amend(inserted.id) { $0.queue = "other" }
            #expect(try await test.claim(queues: ["default"]).isEmpty)
            let job = try #require(try await test.claim(queues: ["other"]).first)
            #expect(job.lease.id == inserted.id && job.queue == "other")
            #expect(try await test.complete(job.lease) == .applied(.completed))
        },
        JobStoreCheck("a job that goes to a paused queue is paused, and one that leaves it is not") { test in
            try await test.store.configure(queue: "still", .pause(by: nil, reason: nil))
            let id = try await test.submit().id
            #expect(try await test.amend(id) { $0.queue = "still" }.isQueuePaused)
            #expect(try await test.claim().isEmpty)
            #expect(try await test.amend(id) { $0.queue = "default" }.isQueuePaused == false)
            #expect(try await test.claim().count == 1)
        },
        JobStoreCheck("a blocked job that is amended waits on, and runs as it was amended") { test in
            let first = try await test.run()
            let blocked = try await test.submit { $0.after = [first.id] }
            try await test.amend(blocked.id) { amendment in
                amendment.due = .now
                amendment.queue = "other"
            }
            #expect(try await test.claim().isEmpty)
            try await test.complete(first)
            #expect(try await test.claim(queues: ["other"]).map(\.lease.id) == [blocked.id])
        },
        JobStoreCheck("a change wakes who waits for such a job") { test in
            let later = try await test.date(in: .seconds(60))
            let id = try await test.submit { $0.runAt = Moment(clamping: later) }.id
            var changes = test.store.changes(.wakeUps)
            try await test.amend(id) { amendment in
                amendment.due = .now
                amendment.queue = "other"
            }
            #expect(await changes.next()?.queues.contains("other") == true)
        },
        JobStoreCheck("only a queued job takes changes") { test in
            let lease = try await test.run()
            await expect(.conflict, status: .running) { try await test.amend(lease.id) { $0.priority = 1 } }
            try await test.complete(lease)
            await expect(.conflict, status: .completed) { try await test.amend(lease.id) { $0.priority = 1 } }
            #expect(try await test.read(lease.id).priority == 0)
        },
        JobStoreCheck("changes that make no sense are refused") { test in
            let id = try await test.submit().id
            await expect(.invalid, pointer: "/queue") { try await test.amend(id) { $0.queue = "" } }
            let large = String(repeating: "t", count: JobLimits.dataBytes)
            await expect(.invalid, pointer: "/tags") { try await test.amend(id) { $0.tags = [large] } }
            await expect(.notFound) {
                _ = try await test.store.amend(.id(id), with: JobAmendment(), ifRev: nil, scope: .tenant("other"))
            }
        },
        JobStoreCheck("a change that is meant for another revision is refused") { test in
            let id = try await test.submit().id
            try await test.amend(id) { $0.priority = 1 }
            let (job, store) = (JobReference.id(id), test.store)
            await expect(.outdated, status: .queued) {
                _ = try await store.amend(job, with: JobAmendment(), ifRev: [1], scope: .default)
            }
            await expect(.outdated) { _ = try await store.cancel(job, reason: nil, ifRev: [], scope: .default) }
            #expect(try await store.cancel(job, reason: nil, ifRev: [1, 2], scope: .default).rev == 3)
            await expect(.outdated) { _ = try await store.retry(job, runAt: nil, ifRev: [2], scope: .default) }
            #expect(try await store.retry(job, runAt: nil, ifRev: [3], scope: .default).rev == 4)
            await expect(.outdated) { try await store.delete(job, ifRev: [3], scope: .default) }
            #expect(try await test.read(id).rev == 4)
        },
        JobStoreCheck("of changes at once that are meant for the same revision one takes effect") { test in
            for round in 0..<10 {
                let id = try await test.submit().id
                async let first = test.tryAmend(id, ifRev: 1) { $0.priority = 1 }
                async let second = test.tryAmend(id, ifRev: 1) { $0.priority = 2 }
                async let third = test.tryAmend(id, ifRev: 1) { $0.queue = "third" }
                let done = try await [first, second, third].count { $0 }
                #expect(done == 1, "round \(round)")
                #expect(try await test.read(id).rev == 2)
            }
        },
    ]
}

extension JobStoreUnderTest {
    /// Whether the change took effect; false where the job was at another revision.
    fileprivate func tryAmend(
        _ id: JobID,
        ifRev rev: Int64,
        _ change: (inout JobAmendment) -> Void
    ) async throws -> Bool {
        var amendment = JobAmendment()
        change(&amendment)
        do throws(JobStoreError) {
            _ = try await store.amend(.id(id), with: amendment, ifRev: [rev], scope: .system)
        } catch {
            guard error.code == .outdated else { throw error }
            return false
        }
        return true
    }
}
