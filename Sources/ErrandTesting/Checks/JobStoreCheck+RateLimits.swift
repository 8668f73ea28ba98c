import Errand
import FoundationEssentials
import Synchronization
import Testing

extension JobStoreCheck {
    /// How many jobs of a queue are claimed in a time.
    public static let rateLimits: [JobStoreCheck] = [
        JobStoreCheck("a rate limit counts each claim once, whatever becomes of the run") { test in
            try await test.limit(3)
            try await test.submit(8, to: "default")
            let runs = try await test.claim(10).map(\.lease)
            try #require(runs.count == 3)
            try await test.complete(runs[0])
            try await test.settle(runs[1], .release(after: .zero))
            try await test.cancel(runs[2].id)
            #expect(try await test.claim(10).isEmpty)
            try await test.advance(.milliseconds(59_999))
            if test.tolerance == .zero { #expect(try await test.claim(10).isEmpty) }
            try await test.advance(.milliseconds(1))
            #expect(try await test.claim(2).count == 2)
            #expect(try await test.claim(2).count == 1)
            #expect(try await test.claim(2).isEmpty)
        },
        JobStoreCheck("a window opens with the first claim after the last one ended") { test in
            try await test.limit(2)
            try await test.submit(8, to: "default")
            #expect(try await test.claim().count == 1)
            try await test.advance(.seconds(40))
            #expect(try await test.claim().count == 1)
            #expect(try await test.claim().isEmpty)
            try await test.advance(.seconds(50))
            #expect(try await test.claim().count == 1)
            try await test.advance(.seconds(50))
            #expect(try await test.claim(5).count == 1)
            #expect(try await test.claim(5).isEmpty)
            try await test.advance(.seconds(10))
            #expect(try await test.claim(5).count == 2)
        },
        JobStoreCheck("claims at once never exceed a rate limit") { test in
            try await test.limit(7)
            try await test.submit(30, to: "default")
            let claimed = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<10 { group.addTask { try await test.claim(2).count } }
                return try await group.reduce(0, +)
            }
            #expect(claimed == 7)
        },
        JobStoreCheck("a rate limit holds back its own queue only") { test in
            try await test.limit(1, of: "slow")
            try await test.submit(3, to: "slow")
            try await test.submit(3, to: "default")
            #expect(try await test.claim(10).map(\.queue).sorted() == ["default", "default", "default", "slow"])
        },
        JobStoreCheck("a queue within its rate limit takes turns over its tenants") { test in
            try await test.limit(2)
            for (tenant, count) in [("a", 40), ("b", 2), ("c", 2)] as [(Name, Int)] {
                let batch = Array(repeating: NewJob(type: "work"), count: count)
                _ = try await test.store.insert(batch, scope: .tenant(tenant))
            }
            var served: [Name?] = []
            for _ in 0..<3 {
                served += try await test.claim(10).map(\.tenantId)
                try await test.advance(.seconds(60))
            }
            for tenant in ["a", "b", "c"] as [Name] { #expect(served.count { $0 == tenant } == 2) }
        },
        JobStoreCheck("a pause and both limits of a queue hold together") { test in
            try await test.limit(3)
            try await test.store.configure(queue: "default", .concurrency(2))
            try await test.submit(9, to: "default")
            let first = try await test.claim(10)
            #expect(first.count == 2)
            for run in first { try await test.complete(run.lease) }
            let second = try await test.claim(10)
            #expect(second.count == 1)
            for run in second { try await test.complete(run.lease) }
            #expect(try await test.claim(10).isEmpty)
            try await test.store.configure(queue: "default", .pause(by: nil, reason: nil))
            try await test.advance(.seconds(60))
            #expect(try await test.claim(10).isEmpty)
            try await test.store.configure(queue: "default", .resume)
            #expect(try await test.claim(10).count == 2)
        },
        JobStoreCheck("a changed rate limit holds for the window under way, and a lifted one is forgotten") { test in
            try await test.limit(2)
            try await test.submit(20, to: "default")
            #expect(try await test.claim(10).count == 2)
            try await test.limit(5)
            #expect(try await test.claim(10).count == 3)
            try await test.limit(1)
            #expect(try await test.claim(10).isEmpty)
            try await test.advance(.seconds(30))
            try await test.store.configure(queue: "default", .rateLimit(RateLimit(count: 1, per: .seconds(20))))
            #expect(try await test.claim(10).count == 1)
            try await test.store.configure(queue: "default", .rateLimit(nil))
            #expect(try await test.claim(4).count == 4)
            try await test.limit(1)
            #expect(try await test.claim(10).count == 1)
        },
        JobStoreCheck("a claim tells when the window ends, where nothing but a rate limit holds jobs back") { test in
            try await test.limit(2)
            try await test.submit(2, to: "default")
            #expect(try await test.store.claim(test.request(5)).nextDue == nil)
            try await test.submit(2, to: "default")
            try await test.advance(.seconds(20))
            let rest = try #require(try await test.store.claim(test.request()).nextDue)
            #expect(abs(rest.seconds - 40) <= test.tolerance.seconds)
            #expect(try await test.store.claim(test.request(types: ["other"])).nextDue == nil)
            #expect(try await test.store.claim(test.request(queues: ["other"])).nextDue == nil)
            for (held, free) in [
                (QueueChange.pause(by: nil, reason: nil), QueueChange.resume), (.concurrency(2), .concurrency(3)),
            ] {
                try await test.store.configure(queue: "default", held)
                #expect(try await test.store.claim(test.request()).nextDue == nil)
                try await test.store.configure(queue: "default", free)
                #expect(try await test.store.claim(test.request()).nextDue != nil)
            }
            try await test.advance(.seconds(40))
            let claim = try await test.store.claim(test.request())
            #expect(claim.jobs.count == 1 && claim.nextDue == nil)
        },
        JobStoreCheck("what is due before the window ends comes first in what a claim tells") { test in
            try await test.limit(1)
            try await test.submit(2, to: "default")
            let due = try await test.date(in: .seconds(15))
            _ = try await test.submit { job in
                job.queue = "other"
                job.runAt = Moment(clamping: due)
            }
            let rest = try #require(try await test.store.claim(test.request(5)).nextDue)
            #expect(abs(rest.seconds - 15) <= test.tolerance.seconds)
        },
        JobStoreCheck("a waiting claim hears that a window ends sooner, and is served when the limit is lifted") {
            test in
            var seconds = 86_400
            try await test.limit(1, per: .seconds(seconds))
            try await test.submit(2, to: "default")
            #expect(try await test.claim(2).count == 1)
            let isOver = Mutex(false)
            let waiting = Task {
                defer { isOver.withLock { $0 = true } }
                return try await test.store.claimWhenReady(test.request())
            }
            // Sooner and sooner, as nothing says when the claim has begun to wait.
            while !isOver.withLock({ $0 }) {
                seconds = max(seconds - 1, 10_000)
                try await test.limit(1, per: .seconds(seconds))
                await Task.yield()
            }
            let claim = try await waiting.value
            #expect(claim.jobs.isEmpty && claim.nextDue != nil)
            async let served = test.store.claimWhenReady(test.request())
            try await test.store.configure(queue: "default", .rateLimit(nil))
            #expect(try await served.jobs.count == 1)
        },
        JobStoreCheck("a rate limit is told and lifted, and one that makes no sense is refused") { test in
            let limit = RateLimit(count: 100, per: .milliseconds(1500))
            try await test.store.configure(queue: "q", .rateLimit(limit))
            #expect(try await test.store.queues(scope: .system).map(\.rateLimit) == [limit])
            for (count, per, part) in [
                (0, Duration.seconds(1), "count"), (1_000_001, .seconds(1), "count"), (1, .milliseconds(99), "per"),
                (1, .seconds(86_401), "per"),
            ] {
                await expect(.invalid, pointer: "/rateLimit/\(part)") {
                    try await test.store.configure(queue: "q", .rateLimit(RateLimit(count: count, per: per)))
                }
            }
            #expect(try await test.store.queues(scope: .system).map(\.rateLimit) == [limit])
            try await test.store.configure(queue: "q", .rateLimit(nil))
            #expect(try await test.store.queues(scope: .system).map(\.rateLimit) == [nil])
        },
    ]
}

extension JobStoreUnderTest {
    fileprivate func limit(_ count: Int, per: Duration = .seconds(60), of queue: Name = "default") async throws {
        try await store.configure(queue: queue, .rateLimit(RateLimit(count: count, per: per)))
    }

    fileprivate func submit(_ count: Int, to queue: Name) async throws {
        _ = try await store.insert(Array(repeating: NewJob(type: "work", queue: queue), count: count), scope: .default)
    }
}
