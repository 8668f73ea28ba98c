import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// Jobs that are retried, and whom they wait for then.
    static let retriedDependents: [JobStoreCheck] = [
        JobStoreCheck("a retried job waits again for what has not ended") { test in
            let lease = try await test.run()
            let later = try await test.submit("later") { $0.after = [lease.id] }
            try await test.cancel(later.id)
            #expect(try await test.retry(later.id).blockedBy == 1)
            #expect(try await test.claim(types: ["later"]).isEmpty)
            try await test.complete(lease)
            #expect(try await test.claim(types: ["later"]).map(\.lease.id) == [later.id])
        },
        JobStoreCheck("a retried job waits for those that were retried before it") { test in
            let first = try await test.run()
            let second = try await test.submit()
            let later = try await test.submit("later") { $0.after = [first.id, second.id] }
            try await test.fail(first)
            #expect(try await test.read(later.id).status == .cancelled)
            try await test.retry(first.id)
            let retried = try await test.retry(later.id)
            #expect(retried.status == .queued && retried.blockedBy == 2)
            for job in try await test.claim(2) {
                #expect(try await test.claim(types: ["later"]).isEmpty)
                try await test.complete(job.lease)
            }
            #expect(try await test.claim(types: ["later"]).count == 1)
            #expect(try await test.read(second.id).status == .completed)
        },
        JobStoreCheck("a retried job passes over what failed or was cancelled, and waits for the rest") { test in
            let first = try await test.submit()
            let other = try await test.submit("other")
            let later = try await test.submit("later") { $0.after = [first.id, other.id] }
            try await test.cancel(first.id)
            let retried = try await test.retry(later.id)
            #expect(retried.status == .queued && retried.blockedBy == 1)
            #expect(
                try await test.dependencies(later.id) == [
                    JobDependency(id: first.id, status: .cancelled, isWaitedFor: false),
                    JobDependency(id: other.id, status: .queued, isWaitedFor: true),
                ]
            )
            try await test.complete(try #require(try await test.claim(types: ["other"]).first).lease)
            #expect(try await test.claim(types: ["later"]).count == 1)
        },
        JobStoreCheck("what was passed over stays so when it is retried later, whatever becomes of it") { test in
            for completes in [true, false] {
                let first = try await test.submit("first")
                let other = try await test.submit("other")
                let later = try await test.submit("later") { $0.after = [first.id, other.id] }
                try await test.cancel(first.id)
                try await test.retry(later.id)
                try await test.retry(first.id)
                let lease = try #require(try await test.claim(types: ["first"]).first).lease
                if completes { try await test.complete(lease) } else { try await test.fail(lease) }
                let waiting = try await test.read(later.id)
                #expect(waiting.status == .queued && waiting.blockedBy == 1)
                try await test.complete(try #require(try await test.claim(types: ["other"]).first).lease)
                #expect(try await test.claim(types: ["later"]).map(\.lease.id) == [later.id])
            }
        },
        JobStoreCheck("a job that was retried waits for nothing that its former life waited for") { test in
            let first = try await test.submit("first")
            let second = try await test.submit("second")
            let later = try await test.submit("later") { $0.after = [first.id, second.id] }
            try await test.cancel(later.id)
            try await test.cancel(first.id)
            #expect(try await test.retry(later.id).blockedBy == 1)
            try await test.cancel(second.id)
            #expect(try await test.read(later.id).status == .cancelled)
            #expect(try await test.retry(later.id).blockedBy == 0)
            try await test.retry(first.id)
            try await test.cancel(first.id)
            #expect(try await test.read(later.id).status == .queued)
            #expect(try await test.claim(types: ["later"]).count == 1)
        },
        JobStoreCheck("a job retried together with one that failed again is cancelled again") { test in
            let first = try await test.run()
            let later = try await test.submit("later") { $0.after = [first.id] }
            let latest = try await test.submit("latest") { $0.after = [later.id] }
            try await test.fail(first)
            try await test.retry(first.id)
            try await test.fail(try await test.claimOne())
            let before = try await test.read(later.id)
            let job = try await test.retry(later.id, together: [first.id])
            #expect(job.status == .cancelled && job.failure?.code == "dependency_failed")
            #expect(job.rev == before.rev + 2 && job.fence == before.fence + 2)
            #expect(try await test.retry(latest.id, together: [later.id]).status == .cancelled)
            #expect(try await test.retry(later.id).status == .queued)
        },
        JobStoreCheck("a chain that is retried from its beginning runs in its order") { test in
            let ids = try await test.submitChain(5)
            try await test.cancel(ids[0])
            for id in ids { #expect(try await test.read(id).status == .cancelled) }
            for id in ids { try await test.retry(id, together: Set(ids)) }
            for id in ids {
                let jobs = try await test.claim(5)
                #expect(jobs.map(\.lease.id) == [id])
                for job in jobs { try await test.complete(job.lease) }
            }
        },
        JobStoreCheck("many who wait for one job are told of its end, all in the end") { test in
            for completes in [true, false] {
                let lease = try await test.run()
                var job = NewJob(type: completes ? "freed" : "cancelled")
                job.after = [lease.id]
                let count = 600
                _ = try await test.store.insert(Array(repeating: job, count: count), scope: .default)
                if completes { try await test.complete(lease) } else { try await test.fail(lease) }
                #expect(try await test.read(lease.id).status == (completes ? .completed : .failed))
                var filter = JobFilter()
                (filter.types, filter.statuses) = ([job.type], [completes ? .running : .cancelled])
                // They are told in steps, by this process or by whoever reaps.
                while try await test.store.count(filter, upTo: nil, scope: .system) < count {
                    _ = try await test.store.reap(limit: 10)
                    _ = try await test.claim(1000, types: [job.type])
                }
                #expect(try await test.store.count(filter, upTo: nil, scope: .system) == count)
            }
        },
    ]

    /// What is between the steps of a cascade.
    ///
    /// For stores with a ``Errand/CascadePace`` of two jobs that do not go on by
    /// themselves: not among ``all``.
    public static let cascades: [JobStoreCheck] = [
        JobStoreCheck("an end tells as many as a step may, and every reap as many more") { test in
            let lease = try await test.run()
            let later = try await test.submitAfter(lease.id, 5)
            try await test.fail(lease)
            for told in [2, 4, 5, 5] {
                let statuses = try await test.statuses(later)
                #expect(statuses == (0..<5).map { $0 < told ? .cancelled : .queued })
                // Nobody gets a job that is not told yet.
                #expect(try await test.claim(10).isEmpty)
                _ = try await test.store.reap(limit: 10)
            }
        },
        JobStoreCheck("the completion of a job frees as many as a step may, and every reap as many more") { test in
            let lease = try await test.run()
            let later = try await test.submitAfter(lease.id, 5)
            try await test.complete(lease)
            for count in [2, 2, 1, 0] {
                #expect(try await test.claim(10).count == count)
                _ = try await test.store.reap(limit: 10)
            }
            #expect(try await test.statuses(later) == Array(repeating: .running, count: 5))
        },
        JobStoreCheck("a chain is cancelled link by link, and none of it can be claimed meanwhile") { test in
            let ids = try await test.submitChain(7)
            try await test.cancel(ids[0])
            for told in [3, 5, 7] {
                #expect(try await test.statuses(ids) == (0..<7).map { $0 < told ? .cancelled : .queued })
                #expect(try await test.claim(10).isEmpty)
                _ = try await test.store.reap(limit: 10)
            }
        },
        JobStoreCheck("a retry of the job that ended stops what follows of its end") { test in
            let lease = try await test.run()
            let later = try await test.submitAfter(lease.id, 5)
            try await test.fail(lease)
            try await test.retry(lease.id)
            for _ in 0..<4 { _ = try await test.store.reap(limit: 10) }
            #expect(
                try await test.statuses(later) == [.cancelled, .cancelled, .queued, .queued, .queued]
            )
            #expect(try await test.retry(later[0]).blockedBy == 1)
            try await test.complete(try await test.claimOne())
            for _ in 0..<3 { _ = try await test.store.reap(limit: 10) }
            #expect(Set(try await test.claim(10).map(\.lease.id)) == Set([later[0]] + later[2...]))
        },
        JobStoreCheck("a job that ends again tells all who wait for it, also those before the first end's mark") {
            test in
            let lease = try await test.run()
            let later = try await test.submitAfter(lease.id, 5)
            try await test.fail(lease)
            try await test.retry(lease.id)
            try await test.retry(later[1])
            try await test.fail(try await test.claimOne())
            for _ in 0..<4 { _ = try await test.store.reap(limit: 10) }
            #expect(try await test.statuses(later) == Array(repeating: .cancelled, count: 5))
            #expect(try await test.read(later[1]).fence == 3)
            #expect(try await test.read(later[0]).fence == 1)
        },
        JobStoreCheck("a job that comes while an end is being followed goes by that end") { test in
            for completes in [true, false] {
                let lease = try await test.run()
                _ = try await test.submitAfter(lease.id, 5)
                if completes { try await test.complete(lease) } else { try await test.fail(lease) }
                let late = try await test.submit("late") { $0.after = [lease.id] }
                let job = try await test.read(late.id)
                #expect(job.status == (completes ? .queued : .cancelled))
                #expect(completes ? job.blockedBy == 0 : job.failure?.code == "dependency_failed")
                for _ in 0..<4 { _ = try await test.store.reap(limit: 10) }
                #expect(try await test.read(late.id) == job)
                _ = try await test.claim(10)
            }
        },
        JobStoreCheck("a job that is cancelled and retried before its turn is told nothing") { test in
            let lease = try await test.run()
            let later = try await test.submitAfter(lease.id, 4)
            try await test.fail(lease)
            try await test.cancel(later[3])
            #expect(try await test.retry(later[3]).blockedBy == 0)
            for _ in 0..<3 { _ = try await test.store.reap(limit: 10) }
            #expect(try await test.statuses(later) == [.cancelled, .cancelled, .cancelled, .queued])
        },
        JobStoreCheck("the record of a job may go before all who wait for it are told") { test in
            for completes in [true, false] {
                let lease = try await test.run()
                let later = try await test.submitAfter(lease.id, 5)
                if completes { try await test.complete(lease) } else { try await test.fail(lease) }
                try await test.store.delete(.id(lease.id), scope: .system)
                for _ in 0..<3 { _ = try await test.store.reap(limit: 10) }
                let jobs = try await test.statuses(later)
                #expect(jobs == Array(repeating: completes ? .queued : .cancelled, count: 5))
                #expect(try await test.claim(10).count == (completes ? 5 : 0))
            }
        },
        JobStoreCheck("who waits for a tracked job whose record expires is told in steps") { test in
            let expiry = try await test.now().milliseconds / 1000 + 60
            let tracked = try await test.track { $0.recordExpiresAt = expiry }
            let later = try await test.submitAfter(tracked.id, 5)
            try await test.advance(.seconds(120))
            #expect(try await test.prune().deletedRecords == 1)
            #expect(try await test.statuses(later).count { $0 == .cancelled } == 2)
            for _ in 0..<3 { _ = try await test.store.reap(limit: 10) }
            #expect(try await test.statuses(later) == Array(repeating: .cancelled, count: 5))
        },
    ]
}

extension JobStoreUnderTest {
    func dependencies(_ id: JobID) async throws -> [JobDependency] {
        try await store.dependencies(.id(id), scope: .system)
    }

    @discardableResult
    func retry(_ id: JobID, together: Set<JobID>) async throws -> Job {
        try await store.retry(.id(id), runAt: nil, ifRev: nil, together: together, scope: .system)
    }

    /// Submits jobs each of which waits for the one before.
    func submitChain(_ count: Int) async throws -> [JobID] {
        var ids: [JobID] = []
        for _ in 0..<count { ids.append(try await submit { $0.after = ids.suffix(1) }.id) }
        return ids
    }

    /// Submits jobs that all wait for one.
    func submitAfter(_ id: JobID, _ count: Int) async throws -> [JobID] {
        var job = NewJob(type: "work")
        job.after = [id]
        return try await store.insert(Array(repeating: job, count: count), scope: .default).map(\.id)
    }

    func statuses(_ ids: [JobID]) async throws -> [JobStatus] {
        var statuses: [JobStatus] = []
        for id in ids { statuses.append(try await read(id).status) }
        return statuses
    }
}
