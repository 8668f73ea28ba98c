#if Postgres
import Errand
import ErrandPostgres
import ErrandTesting
import FoundationEssentials
import Testing

/// Several stores on one schema stand for the processes of an installation.
@Suite(.timeLimit(.minutes(5)))
struct ProcessesTests {
    private func withStores(
        _ count: Int,
        _ access: TestAccess,
        _ body: ([PostgresJobStore]) async throws -> Void
    ) async throws {
        try await TemporarySchema.withName { name in
            var stores: [PostgresJobStore] = []
            for _ in 0..<count {
                stores.append(try await TemporarySchema.open(name, clock: nil, connections: 2, access: access))
            }
            defer { for store in stores { store.close() } }
            try await body(stores)
        }
    }

    private func request(_ worker: Name, limit: Int) -> ClaimRequest {
        ClaimRequest(worker: worker, types: ["work", "later"], limit: limit, lease: .seconds(60))
    }

    @Test("eight processes migrate one schema at once", arguments: TestAccess.allCases)
    func migratingAtOnce(_ access: TestAccess) async throws {
        try await TemporarySchema.withName { name in
            let stores = try await withThrowingTaskGroup(of: PostgresJobStore.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await TemporarySchema.open(name, clock: nil, connections: 1, access: access)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for store in stores {
                _ = try await store.insert([NewJob(type: "work")], scope: .default)
                store.close()
            }
        }
    }

    @Test("processes that claim and settle at once run each job once", arguments: TestAccess.allCases)
    func sharing(_ access: TestAccess) async throws {
        try await withStores(4, access) { stores in
            let batch = Array(repeating: NewJob(type: "work"), count: 300)
            let inserted = try await stores[0].insert(batch, scope: .default)
            let runs = try await withThrowingTaskGroup(of: [JobID].self) { group in
                for (index, store) in stores.enumerated() {
                    group.addTask { try await work(off: store, as: "w\(index)") }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(runs.count == 300 && Set(runs) == Set(inserted.map(\.id)))
            let counts = try await stores[1].counts(by: .type, projectId: nil, scope: .system)
            #expect(counts["work"]?.completed == 300 && counts["work"]?.total == 300)
        }
    }

    private func work(off store: PostgresJobStore, as worker: Name) async throws -> [JobID] {
        var done: [JobID] = []
        while true {
            let jobs = try await store.claim(request(worker, limit: 7)).jobs
            if jobs.isEmpty { return done }
            let ends = jobs.map { Settlement(lease: $0.lease, outcome: .complete(JobResult())) }
            let results = try await store.settle(ends)
            #expect(results.allSatisfy { $0 == .applied(.completed) })
            done += jobs.map(\.lease.id)
        }
    }

    @Test("a job submitted while the one it waits for ends is not forgotten", arguments: TestAccess.allCases)
    func dependencyRace(_ access: TestAccess) async throws {
        try await withStores(2, access) { stores in
            for _ in 0..<40 {
                let first = try #require(try await stores[0].insert([NewJob(type: "work")], scope: .default).first)
                let lease = try #require(try await stores[0].claim(request("w", limit: 1)).jobs.first).lease
                var later = NewJob(type: "later")
                later.after = [first.id]
                let waiting = later
                async let inserted = stores[1].insert([waiting], scope: .default)
                async let ended = stores[0].settle([Settlement(lease: lease, outcome: .complete(JobResult()))])
                let ids = try await (inserted.map(\.id), ended.count)
                var next = try await stores[0].claim(request("w", limit: 1))
                // Two processes differ by the time of an answer in what they hold the server's clock to be: a job that
                // one has just submitted may fall due for the other in a moment.
                while next.jobs.isEmpty, next.nextDue != nil {
                    next = try await stores[0].claim(request("w", limit: 1))
                }
                #expect(next.jobs.map(\.lease.id) == ids.0)
                let end = Settlement(lease: try #require(next.jobs.first).lease, outcome: .complete(JobResult()))
                _ = try await stores[0].settle([end])
            }
        }
    }

    @Test("processes that submit one key or one id at once make one job", arguments: TestAccess.allCases)
    func submittingAtOnce(_ access: TestAccess) async throws {
        try await withStores(4, access) { stores in
            for round in 0..<10 {
                var job = NewJob(type: "work")
                job.uniqueKey = "k\(round)"
                var identified = NewJob(type: "work")
                identified.id = JobIDGenerator().next(at: .now)
                for submitted in [job, identified] {
                    let answers = try await withThrowingTaskGroup(of: InsertedJob?.self) { group in
                        for store in stores {
                            group.addTask { try await store.insert([submitted], scope: .default).first }
                        }
                        return try await group.reduce(into: []) { $0.append($1) }
                    }
                    #expect(answers.count { $0?.outcome == .inserted } == 1)
                    #expect(Set(answers.map { $0?.id }).count == 1)
                }
            }
        }
    }

    @Test("batches that lock the same jobs in opposite orders all come through", arguments: TestAccess.allCases)
    func crossing(_ access: TestAccess) async throws {
        try await withStores(4, access) { stores in
            _ = try await stores[0].insert(Array(repeating: NewJob(type: "work"), count: 40), scope: .default)
            let leases = try await stores[0].claim(request("w", limit: 40)).jobs.map(\.lease)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, store) in stores.enumerated() {
                    let mine = index.isMultiple(of: 2) ? leases : leases.reversed()
                    group.addTask {
                        for step in 0..<20 {
                            if step.isMultiple(of: 3) { _ = try await store.renew(mine, for: .seconds(60)) }
                            let reports = mine.map { lease in
                                var report = RunReport(lease: lease)
                                report.progress = step
                                return report
                            }
                            let results = try await store.report(reports)
                            #expect(results.allSatisfy { $0 == .applied })
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
#endif
