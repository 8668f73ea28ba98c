#if Postgres
import Errand
import ErrandTesting
import Synchronization
import Testing

@testable import ErrandPostgres

/// Three processes work while their connections are cut again and again.
@Suite struct CutConnectionsTests {
    private static let jobs = 150

    @Test("every acknowledged job ends once, whatever connections are cut")
    func working() async throws {
        try await TemporarySchema.withName { name in
            var opened: [PostgresJobStore] = []
            for _ in 0..<3 { opened.append(try await TemporarySchema.open(name, clock: nil, connections: 2)) }
            let stores = opened
            defer { for store in stores { store.close() } }
            let batch = Array(repeating: NewJob(type: "work"), count: Self.jobs)
            let inserted = try await stores[0].insert(batch, scope: .default)
            let ends = try await withThrowingTaskGroup(of: [JobID].self) { group in
                for store in stores { group.addTask { await work(off: store, among: stores, name) } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(Set(ends).count == ends.count, "no run's end is acknowledged twice")
            #expect(Set(ends).isSubset(of: inserted.map(\.id)))
            let page = try await stores[0].jobs(JobFilter(), page: PageRequest(limit: 1000), scope: .system)
            #expect(page.jobs.count == Self.jobs && page.jobs.allSatisfy { $0.status == .completed && $0.attempt == 1 })
        }
    }

    /// Claims and completes until every job is completed, and cuts everybody's connections after each fifth of its own.
    ///
    /// What the store could not do is tried again.
    private func work(off store: PostgresJobStore, among all: [PostgresJobStore], _ schema: String) async -> [JobID] {
        var ends: [JobID] = []
        var idleRounds = 0
        while true {
            do {
                let request = ClaimRequest(worker: "w", types: ["work"], limit: 2, lease: .seconds(60))
                let jobs = try await store.claim(request).jobs
                if jobs.isEmpty {
                    let counts = try await store.counts(by: .type, projectId: nil, scope: .system)
                    if counts["work"]?.completed == Self.jobs { return ends }
                    idleRounds += 1
                    guard idleRounds.isMultiple(of: 50) else { continue }
                    // A claim whose answer was lost is taken back once its lease is over.
                    for store in all { store.context.clockOffset.withLock { $0.steady += .seconds(61) } }
                    _ = try await store.reap(limit: 100)
                }
                let settlements = jobs.map { Settlement(lease: $0.lease, outcome: .complete(JobResult())) }
                let results = try await store.settle(settlements)
                for (job, result) in zip(jobs, results) where result == .applied(.completed) {
                    ends.append(job.lease.id)
                    if ends.count.isMultiple(of: 5) { _ = try LostConnectionTests.cutAll(schema) }
                }
            } catch {
                await Task.yield()
            }
        }
    }
}
#endif
