#if Postgres
import Errand
import ErrandTesting
import Foundation
import Testing

@testable import ErrandPostgres

/// A transaction that lies open keeps dead rows from being cleared away; `ERRAND_SNAPSHOT_ROUNDS` says for how long.
@Suite(.timeLimit(.minutes(5)))
struct HeldSnapshotTests {
    private static let batch = 20

    @Test("while a snapshot is held jobs go on, and the claims' times and the dead rows are printed")
    func held() async throws {
        let asked = ProcessInfo.processInfo.environment["ERRAND_SNAPSHOT_ROUNDS"].flatMap { Int($0) }
        let rounds = asked ?? 15
        try await TemporarySchema.withName { name in
            let store = try await TemporarySchema.open(name, clock: nil, connections: 2)
            defer { store.close() }
            let holder = try PostgresConnection(url: TemporarySchema.url(), schema: name)
            try await measure("before", rounds, store, holder)
            try holder.runAll("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM errand.live")
            for part in 1...4 { try await measure("held, part \(part)", rounds, store, holder) }
            try holder.runAll("COMMIT")
            try await measure("after", rounds, store, holder)
            let counts = try await store.counts(by: .type, projectId: nil, scope: .system)["work"]
            #expect(counts?.completed == 6 * rounds * Self.batch && counts?.total == counts?.completed)
        }
    }

    /// Runs jobs through their lives, and prints how long claims took.
    private func measure(
        _ phase: String,
        _ rounds: Int,
        _ store: PostgresJobStore,
        _ admin: PostgresConnection
    ) async throws {
        var times: [Duration] = []
        let jobs = Array(repeating: NewJob(type: "work"), count: Self.batch)
        for _ in 0..<rounds {
            _ = try await store.insert(jobs, scope: .default)
            let start = ContinuousClock.now
            let claimed = try await store.claim(.work(limit: Self.batch)).jobs
            times.append(start.duration(to: .now))
            #expect(claimed.count == Self.batch)
            let ends = claimed.map { Settlement(lease: $0.lease, outcome: .complete(JobResult())) }
            #expect(try await store.settle(ends).allSatisfy { $0 == .applied(.completed) })
        }
        times.sort()
        let dead = try admin.run(
            "SELECT n_dead_tup FROM pg_stat_all_tables WHERE relid = 'errand.live'::regclass"
        )
        .first { (row) throws(JobStoreError) in row.int() }
        let (median, slow) = (times[rounds / 2], times[rounds * 99 / 100])
        print("\(phase): claims of \(Self.batch) took \(median), p99 \(slow); dead rows \(dead ?? 0)")
    }
}
#endif
