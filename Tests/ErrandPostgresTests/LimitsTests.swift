#if Postgres
import Errand
import ErrandPostgres
import ErrandTesting
import Testing

/// The limits of a queue are one for all processes; several stores on one schema stand for these.
@Suite(.timeLimit(.minutes(5)))
struct LimitsTests {
    private func withStores(
        clock: (any JobClock)?,
        jobs count: Int,
        _ limits: [QueueChange],
        _ body: ([PostgresJobStore]) async throws -> Void
    ) async throws {
        try await TemporarySchema.withName { name in
            var stores: [PostgresJobStore] = []
            for _ in 0..<4 { stores.append(try await TemporarySchema.open(name, clock: clock, connections: 2)) }
            defer { for store in stores { store.close() } }
            for limit in limits { try await stores[0].configure(queue: "default", limit) }
            _ = try await stores[0].insert(Array(repeating: NewJob(type: "work"), count: count), scope: .default)
            try await body(stores)
        }
    }

    private func request(_ limit: Int, perTenant: Int? = nil) -> ClaimRequest {
        var request = ClaimRequest(worker: "w", types: ["work"], limit: limit, lease: .seconds(600))
        request.runningJobsPerTenant = perTenant
        return request
    }

    @Test("four processes never run a fourth job of a queue that runs three at once")
    func concurrency() async throws {
        try await withStores(clock: nil, jobs: 60, [.concurrency(3)]) { stores in
            let most = try await withThrowingTaskGroup(of: Int.self) { group in
                for (index, store) in stores.enumerated() {
                    group.addTask { try await work(off: store, claiming: index.isMultiple(of: 2) ? 3 : 1) }
                }
                return try await group.reduce(0, max)
            }
            #expect(most == 3)
            let counts = try await stores[0].counts(by: .queue, projectId: nil, scope: .system)
            #expect(counts["default"]?.completed == 60 && counts["default"]?.total == 60)
        }
    }

    @Test("four processes never run a fourth job of a tenant that may run three at once")
    func tenants() async throws {
        try await withStores(clock: nil, jobs: 60, []) { stores in
            let most = try await withThrowingTaskGroup(of: Int.self) { group in
                for (index, store) in stores.enumerated() {
                    group.addTask {
                        try await work(off: store, claiming: index.isMultiple(of: 2) ? 3 : 1, perTenant: 3)
                    }
                }
                return try await group.reduce(0, max)
            }
            #expect(most == 3)
        }
    }

    /// Runs jobs until all are done; returns the most that were seen to run at once.
    private func work(off store: PostgresJobStore, claiming limit: Int, perTenant: Int? = nil) async throws -> Int {
        var most = 0
        while true {
            let jobs = try await store.claim(request(limit, perTenant: perTenant)).jobs
            let counts = try await store.counts(by: .queue, projectId: nil, scope: .system)["default"]
            most = max(most, counts?.running ?? 0)
            if counts?.completed == counts?.total { return most }
            _ = try await store.settle(jobs.map { Settlement(lease: $0.lease, outcome: .complete(JobResult())) })
        }
    }

    @Test("four processes together never exceed a rate limit, in any window")
    func rateLimit() async throws {
        let clock = ManualClock()
        let limit = RateLimit(count: 5, per: .seconds(60))
        try await withStores(clock: clock, jobs: 38, [.rateLimit(limit)]) { stores in
            var claimed: Set<JobID> = []
            for window in 1...8 {
                let jobs = try await claimAll(stores)
                #expect(jobs.count == (window < 8 ? 5 : 3))
                claimed.formUnion(jobs)
                clock.advance(by: .milliseconds(59_999))
                #expect(try await claimAll(stores) == [])
                clock.advance(by: .milliseconds(1))
            }
            #expect(claimed.count == 38)
        }
    }

    @Test("on the server's clock, four processes share one window")
    func serverClock() async throws {
        let limit = RateLimit(count: 7, per: .seconds(3600))
        try await withStores(clock: nil, jobs: 40, [.rateLimit(limit), .concurrency(100)]) { stores in
            let jobs = try await claimAll(stores)
            #expect(jobs.count == 7 && Set(jobs).count == 7)
            let rest = try #require(try await stores[3].claim(request(1)).nextDue)
            #expect(rest > .seconds(3000) && rest <= .seconds(3600))
        }
    }

    /// Claims on every store at once, until there is nothing more.
    private func claimAll(_ stores: [PostgresJobStore]) async throws -> [JobID] {
        try await withThrowingTaskGroup(of: [JobID].self) { group in
            for store in stores + stores {
                group.addTask {
                    var claimed: [JobID] = []
                    while true {
                        let jobs = try await store.claim(request(2)).jobs
                        if jobs.isEmpty { return claimed }
                        claimed += jobs.map(\.lease.id)
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }
}
#endif
