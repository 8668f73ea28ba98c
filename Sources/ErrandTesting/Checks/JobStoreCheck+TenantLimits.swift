import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// How many jobs of a tenant run at once.
    public static let tenantLimits: [JobStoreCheck] = [
        JobStoreCheck("a claim gives no tenant more running jobs than it says, over all queues") { test in
            for queue in ["default", "slow"] as [Name] { try await test.submit(5, of: "a", to: queue) }
            try await test.submit(1, of: "b", to: "default")
            let first = try await test.claim(10, perTenant: 3)
            #expect(first.count { $0.tenantId == "a" } == 3 && first.count { $0.tenantId == "b" } == 1)
            #expect(Set(first.map(\.queue)) == ["default", "slow"])
            #expect(try await test.claim(10, perTenant: 3).isEmpty)
            let done = first.filter { $0.tenantId == "a" }.prefix(2)
            for run in done { try await test.complete(run.lease) }
            #expect(try await test.claim(10, perTenant: 3).count == 2)
            #expect(try await test.claim(10, perTenant: 4).count == 1)
            #expect(try await test.claim(10).count == 4)
        },
        JobStoreCheck("a claim of one tenant's jobs is held to its limit alone") { test in
            for tenant in ["a", "b"] as [Name] { try await test.submit(4, of: tenant, to: "default") }
            var request = test.request(10)
            (request.scope, request.runningJobsPerTenant) = (.tenant("b"), 3)
            #expect(try await test.store.claim(request).jobs.map(\.tenantId) == ["b", "b", "b"])
            #expect(try await test.claim(10, perTenant: 3).map(\.tenantId) == ["a", "a", "a"])
        },
        JobStoreCheck("jobs that are held back are worth another look soon, and others are not") { test in
            try await test.submit(2, of: "a", to: "default")
            var request = test.request(1)
            request.runningJobsPerTenant = 1
            #expect(try await test.store.claim(request).nextDue == nil)
            request.limit = 2
            let wait = try #require(try await test.store.claim(request).nextDue)
            #expect(wait == TenantRoom.pause)
            request.types = ["other"]
            #expect(try await test.store.claim(request).nextDue == nil)
        },
        JobStoreCheck("the installation's jobs and Errand's own queues are not held back") { test in
            _ = try await test.store.insert(Array(repeating: NewJob(type: "work"), count: 3), scope: .system)
            try await test.submit(3, of: "a", to: "errand.bulk")
            try await test.submit(3, of: "a", to: "default")
            #expect(try await test.claim(10, perTenant: 1).count == 7)
        },
        JobStoreCheck("an end makes room for the claim that comes with it, however the run ended") { test in
            try await test.submit(5, of: "a", to: "default")
            var request = test.request(5)
            request.runningJobsPerTenant = 1
            var runs = try await test.store.claim(request).jobs
            let failure = JobFailure(code: "c", message: "m")
            let outcomes: [Settlement.Outcome] = [
                .complete(JobResult()), .fail(failure, retryAfter: nil), .release(after: .zero),
            ]
            for outcome in outcomes {
                try #require(runs.count == 1)
                let both = try await test.store.settle(
                    [Settlement(lease: runs[0].lease, outcome: outcome)],
                    thenClaim: request
                )
                runs = try both.claim.get().jobs
            }
            #expect(runs.count == 1)
        },
        JobStoreCheck("who waits for a tenant's room is woken by the end of a run in the same queue") { test in
            try await test.submit(2, of: "a", to: "default")
            let first = try #require(try await test.claim(5, perTenant: 1).first)
            let stream = test.store.changes(.wakeUps)
            try await test.complete(first.lease)
            #expect(await stream.first { $0.queues.contains("default") } != nil)
            #expect(try await test.claim(5, perTenant: 1).count == 1)
        },
        JobStoreCheck("claims at once never exceed a tenant's limit") { test in
            try await test.submit(30, of: "a", to: "default")
            let claimed = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<10 { group.addTask { try await test.claim(2, perTenant: 7).count } }
                return try await group.reduce(0, +)
            }
            #expect(claimed == 7)
        },
        JobStoreCheck("the limits of a tenant, a queue and its rate hold together") { test in
            try await test.store.configure(queue: "slow", .concurrency(1))
            try await test.store.configure(queue: "rated", .rateLimit(RateLimit(count: 2, per: .seconds(60))))
            for queue in ["slow", "rated", "default"] as [Name] { try await test.submit(5, of: "a", to: queue) }
            let first = try await test.claim(20, perTenant: 4)
            #expect(first.count == 4 && first.count { $0.queue == "slow" } == 1)
            #expect(first.count { $0.queue == "rated" } <= 2)
            #expect(try await test.claim(20, perTenant: 20).count { $0.queue != "default" } <= 1)
        },
    ]
}

extension JobStoreUnderTest {
    fileprivate func submit(_ count: Int, of tenant: Name, to queue: Name) async throws {
        let batch = Array(repeating: NewJob(type: "work", queue: queue, payload: .emptyObject), count: count)
        _ = try await store.insert(batch, scope: .tenant(tenant))
    }

    fileprivate func claim(_ limit: Int, perTenant: Int) async throws -> [ClaimedJob] {
        var request = request(limit)
        request.runningJobsPerTenant = perTenant
        return try await store.claim(request).jobs
    }
}
