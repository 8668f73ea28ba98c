import Errand
import FoundationEssentials
import Synchronization
import Testing

extension JobStoreCheck {
    /// Claims that wait, and claims that come with settles.
    public static let waiting: [JobStoreCheck] = [
        JobStoreCheck("a waiting claim takes what there is at once") { test in
            let inserted = try await test.submit()
            #expect(try await test.store.claimWhenReady(test.request()).jobs.map(\.lease.id) == [inserted.id])
        },
        JobStoreCheck("what makes a job claimable serves the claim that waits for it") { test in
            let lease = try await test.run()
            let steps: [@Sendable () async throws -> Void] = [
                { try await test.settle(lease, .release(after: .zero)) },
                { _ = try await test.submit() },
                {
                    try await test.store.configure(queue: "default", .pause(by: nil, reason: nil))
                    _ = try await test.submit()
                    try await test.store.configure(queue: "default", .resume)
                },
            ]
            for step in steps {
                async let claim = test.store.claimWhenReady(test.request())
                try await step()
                let jobs = try await claim.jobs
                try #require(jobs.count == 1)
                #expect(try await test.read(jobs[0].lease.id).status == .running)
            }
        },
        JobStoreCheck("waiting claims take what they asked for and share one insert") { test in
            async let first = test.store.claimWhenReady(test.request(2))
            async let second = test.store.claimWhenReady(test.request(2, types: ["work", "other"]))
            _ = try await test.submit("unasked")
            let jobs = ["other", "work", "work", "work"].map { NewJob(type: $0) }
            let ids = try await test.store.insert(jobs, scope: .default).map(\.id)
            let claimed = try await first.jobs + second.jobs
            #expect(Set(claimed.map(\.lease.id)) == Set(ids))
        },
        JobStoreCheck("a waiting claim ends without jobs when it is called off, and takes nothing after") { test in
            let waiting = Task { try await test.store.claimWhenReady(test.request()) }
            waiting.cancel()
            #expect(try await waiting.value.jobs.isEmpty)
            let inserted = try await test.submit()
            #expect(try await test.read(inserted.id).status == .queued)
        },
        JobStoreCheck("a waiting claim hears of a job that is scheduled for sooner") { test in
            let isOver = Mutex(false)
            let waiting = Task {
                defer { isOver.withLock { $0 = true } }
                return try await test.store.claimWhenReady(test.request())
            }
            // Sooner and sooner, as nothing says when the claim has begun to wait.
            var seconds = 1_000_000
            while !isOver.withLock({ $0 }) {
                let due = try await test.date(in: .seconds(seconds))
                _ = try await test.submit { $0.runAt = Moment(clamping: due) }
                seconds -= 1
                await Task.yield()
            }
            let claim = try await waiting.value
            #expect(claim.jobs.isEmpty && claim.nextDue != nil)
        },
        JobStoreCheck("a settle and a claim in one call do both") { test in
            let lease = try await test.run()
            let next = try await test.submit()
            let done = Settlement(lease: lease, outcome: .complete(JobResult()))
            let answer = try await test.store.settle([done], thenClaim: test.request())
            #expect(try answer.results.get() == [.applied(.completed)])
            #expect(try answer.claim.get().jobs.map(\.lease.id) == [next.id])
            let nothing = try await test.store.settle([done], thenClaim: test.request())
            #expect(try nothing.results.get() == [.fenced(currentStatus: .completed)])
            #expect(try nothing.claim.get().jobs.isEmpty)
        },
        JobStoreCheck("what a settle frees below its queue's limit, the claim of the same call may take") { test in
            try await test.store.configure(queue: "default", .concurrency(1))
            let lease = try await test.run()
            let next = try await test.submit()
            #expect(try await test.claim().isEmpty)
            let done = Settlement(lease: lease, outcome: .complete(JobResult()))
            let answer = try await test.store.settle([done], thenClaim: test.request())
            #expect(try answer.claim.get().jobs.map(\.lease.id) == [next.id])
        },
        JobStoreCheck("claims pass what runs and miss nothing that comes before it") { test in
            var order: [JobID] = []
            for priority: Int16 in [5, 5, 5] { order.append(try await test.submit { $0.priority = priority }.id) }
            let first = try await test.claim(2).map(\.lease)
            #expect(first.map(\.id) == Array(order.prefix(2)))
            let urgent = try await test.submit { $0.priority = 1 }
            #expect(try await test.claim().map(\.lease.id) == [urgent.id])
            try await test.settle(first[0], .release(after: .zero))
            let rest = try await test.claim(5).map(\.lease.id)
            #expect(Set(rest) == [order[0], order[2]])
            // Where the clock goes on by itself, the one given back is due a little later than the other.
            if test.tolerance == .zero { #expect(rest == [order[0], order[2]]) }
        },
    ]
}
