#if Postgres
import Errand
import ErrandTesting
import Synchronization
import Testing

@testable import ErrandPostgres

/// Three processes work while their connections are cut again and again.
@Suite(.timeLimit(.minutes(5)))
struct CutConnectionsTests {
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
            var ends: [JobID] = []
            var rounds = 0
            while try await !Self.again({ try await Self.jobs(stores[0]).allSatisfy(\.status.isTerminal) }) {
                rounds += 1
                // A job that is lost a third time fails, and nobody can say which jobs a cut takes away.
                ends += await round(stores, cutting: rounds <= 2 ? name : nil)
                // A claim whose answer was lost is taken back once its lease is over.
                for store in stores { store.context.clockOffset.withLock { $0.steady += .seconds(61) } }
                _ = try await Self.again { try await stores[0].reap(limit: 100) }
            }
            #expect(Set(ends).count == ends.count, "no run's end is acknowledged twice")
            #expect(Set(ends).isSubset(of: inserted.map(\.id)))
            let found = try await Self.jobs(stores[0])
            let others = found.filter { $0.status != .completed || $0.attempt != 1 }
            #expect(found.count == Self.jobs && others.isEmpty, "after \(rounds) rounds: \(others)")
        }
    }

    private static func jobs(_ store: PostgresJobStore) async throws -> [Job] {
        try await store.jobs(JobFilter(), page: PageRequest(limit: 1000), scope: .system).jobs
    }

    /// Does something until it succeeds: connections that were cut are noticed at their next use.
    private static func again<Value>(_ body: () async throws -> Value) async throws -> Value {
        while true {
            do { return try await body() } catch { try Task.checkCancellation() }
            await Task.yield()
        }
    }

    /// Lets everybody work until nothing is left to claim; answers the ends that were acknowledged.
    private func round(_ stores: [PostgresJobStore], cutting schema: String?) async -> [JobID] {
        await withTaskGroup(of: [JobID].self) { group in
            for store in stores { group.addTask { await work(off: store, cutting: schema) } }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// Claims and completes while there is something, and cuts everybody's connections after each fifth end if told to.
    ///
    /// What the store could not do is tried again.
    private func work(off store: PostgresJobStore, cutting schema: String?) async -> [JobID] {
        var ends: [JobID] = []
        while !Task.isCancelled {
            do {
                let request = ClaimRequest(worker: "w", types: ["work"], limit: 2, lease: .seconds(60))
                let jobs = try await store.claim(request).jobs
                if jobs.isEmpty { return ends }
                let settlements = jobs.map { Settlement(lease: $0.lease, outcome: .complete(JobResult())) }
                // A connection may have been cut while nobody cuts any more: an end that failed is said again.
                let results = try await Self.again { try await store.settle(settlements) }
                for (job, result) in zip(jobs, results) where result == .applied(.completed) {
                    ends.append(job.lease.id)
                    if let schema, ends.count.isMultiple(of: 5) { _ = try LostConnectionTests.cutAll(schema) }
                }
            } catch {
                await Task.yield()
            }
        }
        return ends
    }
}
#endif
