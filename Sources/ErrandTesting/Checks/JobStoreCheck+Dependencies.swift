import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// Jobs that wait for others.
    public static let dependencies: [JobStoreCheck] = waitingForOthers + retriedDependents

    private static let waitingForOthers: [JobStoreCheck] = [
        JobStoreCheck("a job waits until every job it names is completed") { test in
            let first = try await test.submit()
            let second = try await test.submit()
            let waiting = try await test.submit("later") { $0.after = [first.id, second.id] }
            let job = try await test.read(waiting.id)
            #expect(job.blockedBy == 2 && job.after == [first.id, second.id])
            #expect(try await job.substate(at: test.now()) == .blocked)
            for lease in try await test.claim(2).map(\.lease) {
                #expect(try await test.claim(types: ["later"]).isEmpty)
                try await test.complete(lease)
            }
            #expect(try await test.claim(types: ["later"]).map(\.lease.id) == [waiting.id])
        },
        JobStoreCheck("completing the last one is a visible change, completing another is not") { test in
            let first = try await test.submit()
            let second = try await test.submit()
            let waiting = try await test.submit("later") { $0.after = [first.id, second.id] }
            let leases = try await test.claim(2).map(\.lease)
            try await test.complete(try #require(leases.first))
            let halfway = try await test.read(waiting.id)
            #expect(halfway.blockedBy == 1 && halfway.rev == 1)
            try await test.complete(try #require(leases.last))
            let free = try await test.read(waiting.id)
            #expect(free.blockedBy == 0 && free.rev == 2 && free.fence == 0)
        },
        JobStoreCheck("a completed job is not waited for") { test in
            let lease = try await test.run()
            try await test.complete(lease)
            let next = try await test.submit("later") { $0.after = [lease.id] }
            #expect(try await test.read(next.id).blockedBy == 0)
            #expect(try await test.claim(types: ["later"]).count == 1)
        },
        JobStoreCheck("a job named twice is waited for once") { test in
            let first = try await test.submit()
            _ = try await test.submit("later") { $0.after = [first.id, first.id] }
            try await test.complete(try await test.claimOne())
            #expect(try await test.claim(types: ["later"]).count == 1)
        },
        JobStoreCheck("a job that is not there, or not the tenant's, cannot be waited for") { test in
            let own = try await test.submit(scope: .tenant("a"))
            let foreign = try await test.submit(scope: .tenant("b"))
            let nobody = JobIDGenerator().next(at: try await test.now())
            await expect(.invalid, pointer: "/0/after/1") {
                _ = try await test.submit(scope: .tenant("a")) { $0.after = [own.id, nobody] }
            }
            await expect(.invalid, pointer: "/0/after/0") {
                _ = try await test.submit(scope: .tenant("a")) { $0.after = [foreign.id, own.id] }
            }
        },
        JobStoreCheck("a job waits for what a unique key made of an earlier one of its batch") { test in
            let holder = try await test.submit { $0.uniqueKey = "k" }
            let ids = JobIDGenerator()
            let now = try await test.now()
            func job(_ type: Name, _ change: (inout NewJob) -> Void) -> NewJob {
                var job = NewJob(type: type)
                job.id = ids.next(at: now)
                change(&job)
                return job
            }
            let existing = job("work") { $0.uniqueKey = "k" }
            let new = job("work") { $0.uniqueKey = "l" }
            let replaced = job("work") { ($0.uniqueKey, $0.onConflict) = ("l", .replace) }
            let last = job("later") { $0.after = [existing, new, replaced].compactMap(\.id) }
            let batch = [existing, new, replaced, last]
            let answers = try await test.store.insert(batch, scope: .default)
            #expect(answers.map(\.outcome) == [.existing, .inserted, .replaced, .inserted])
            #expect(answers[0].id == holder.id && answers[2].id == answers[1].id)
            let waiting = try await test.read(answers[3].id)
            #expect(waiting.after == [holder.id, answers[1].id, answers[1].id] && waiting.blockedBy == 2)
            for lease in try await test.claim(2).map(\.lease) {
                #expect(try await test.claim(types: ["later"]).isEmpty)
                try await test.complete(lease)
            }
            #expect(try await test.claim(types: ["later"]).map(\.lease.id) == [waiting.id])
            // What it said is what counts when it comes again, not what that came to be.
            #expect(try await test.store.insert([last], scope: .default).map(\.outcome) == [.replayed])
        },
        JobStoreCheck("a job may wait for an earlier one of its batch") { test in
            var first = NewJob(type: "work")
            let id = JobIDGenerator().next(at: try await test.now())
            first.id = id
            var second = NewJob(type: "later")
            second.after = [id]
            let inserted = try await test.store.insert([first, second], scope: .default)
            #expect(try await test.read(try #require(inserted.last).id).blockedBy == 1)
        },
        JobStoreCheck("a job whose dependency fails is cancelled, and those that wait for it too") { test in
            let first = try await test.submit()
            let second = try await test.submit("later") { $0.after = [first.id] }
            let third = try await test.submit("latest") { $0.after = [second.id] }
            try await test.fail(try await test.claimOne())
            for (id, cause) in [(second.id, first.id), (third.id, second.id)] {
                let job = try await test.read(id)
                #expect(job.status == .cancelled && job.failure?.code == "dependency_failed")
                #expect(job.failure?.message.contains(cause.description) == true)
                #expect(job.error == job.failure?.message)
                #expect(job.rev == 2 && job.fence == 1 && job.errors.isEmpty)
                #expect(try await test.isNow(job.completedAt))
            }
        },
        JobStoreCheck("a failure that is retried cancels nobody") { test in
            let first = try await test.submit()
            let second = try await test.submit("later") { $0.after = [first.id] }
            try await test.fail(try await test.claimOne(), retryAfter: .zero)
            #expect(try await test.read(second.id).status == .queued)
            try await test.complete(try await test.claimOne())
            #expect(try await test.claim(types: ["later"]).count == 1)
        },
        JobStoreCheck("a job whose dependency is cancelled is cancelled") { test in
            let first = try await test.submit()
            let second = try await test.submit("later") { $0.after = [first.id] }
            try await test.cancel(first.id)
            let job = try await test.read(second.id)
            #expect(job.status == .cancelled && job.failure?.code == "dependency_failed")
        },
        JobStoreCheck("a job that waits for one that failed already is stored and at once cancelled") { test in
            let lease = try await test.run()
            try await test.fail(lease)
            let inserted = try await test.submit("later") { $0.after = [lease.id] }
            #expect(inserted.outcome == .inserted)
            let job = try await test.read(inserted.id)
            #expect(job.status == .cancelled && job.failure?.code == "dependency_failed" && job.rev == 2)
        },
        JobStoreCheck("a poison pill and a stale tracked job cancel who waits for them") { test in
            let tracked = try await test.track { $0.tracking = Tracking(staleAfterSeconds: 10) }
            let worker = try await test.submit()
            let waiting = [
                try await test.submit("later") { $0.after = [tracked.id] },
                try await test.submit("later") { $0.after = [worker.id] },
            ]
            for _ in 0..<3 {
                _ = try await test.claimOne(lease: .seconds(5))
                try await test.advance(.seconds(5))
                _ = try await test.store.reap(limit: 10)
            }
            #expect(try await test.read(worker.id).failure?.code == "poison_pill")
            #expect(try await test.read(tracked.id).failure?.code == "stale")
            for job in waiting { #expect(try await test.read(job.id).status == .cancelled) }
        },
        JobStoreCheck("a tracked job that completes frees who waits for it") { test in
            let tracked = try await test.track()
            _ = try await test.submit { $0.after = [tracked.id] }
            #expect(try await test.claim().isEmpty)
            try await test.update(tracked.id) { $0.status = .completed }
            #expect(try await test.claim().count == 1)
        },
    ]
}
