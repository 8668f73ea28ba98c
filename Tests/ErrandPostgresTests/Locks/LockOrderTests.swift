#if Postgres
import Errand
import ErrandTesting
import Foundation
import Synchronization
import Testing

@testable import ErrandPostgres

/// Operations at the same time on the same jobs, keys, uploads and queues: none waits for one that waits for it.
///
/// `ERRAND_LOCKS` says how many moments there are, `ERRAND_SEED` which.
@Suite(.timeLimit(.minutes(5)))
struct LockOrderTests {
    @Test("no two, three or four operations at once deadlock")
    func order() async throws {
        let environment = ProcessInfo.processInfo.environment
        let rounds = environment["ERRAND_LOCKS"].flatMap { Int($0) } ?? 400
        let seed = environment["ERRAND_SEED"].flatMap { UInt64($0) } ?? 1
        try await TemporarySchema.withDatabase { name, url in
            var stores: [PostgresJobStore] = []
            for _ in 0..<4 { stores.append(try await open(url)) }
            do {
                defer { for store in stores { store.close() } }
                try await play(rounds, Contention(seed: seed), on: stores)
                for conflict in TransactionConflict.allCases {
                    print("\(conflict): \(stores.map { $0.context.conflicts[conflict] }.reduce(0, +))")
                }
            }
            // What a session has met is counted once it is over.
            #expect(try Self.deadlocks(in: name) == 0, "seed \(seed), \(rounds) rounds")
        }
    }

    private func open(_ url: String) async throws -> PostgresJobStore {
        var options = try TestAccess.direct.options("errand")
        (options.connections, options.notifies) = (2, false)
        let store = try PostgresJobStore(url: url, options: options)
        try await store.migrate()
        return store
    }

    private func play(
        _ rounds: Int,
        _ start: Contention,
        on stores: [PostgresJobStore]
    ) async throws {
        var contention = start
        try await upload(&contention, to: stores[0])
        for round in 0..<rounds {
            if round.isMultiple(of: 25) { try await upload(&contention, to: stores[0]) }
            for before in [contention.fresh(), contention.claiming()] {
                for outcome in try await Self.atOnce([before], on: stores) { contention.note(outcome) }
            }
            let operations = contention.draw(2 + round % 3)
            // Some leases are over for a reap, and whatever else it meets goes on.
            if round.isMultiple(of: 10) {
                for store in stores { store.context.clockOffset.withLock { $0.steady += .seconds(61) } }
            }
            for outcome in try await Self.atOnce(operations, on: stores) { contention.note(outcome) }
            let deadlocks = stores.map { $0.context.conflicts[.deadlock] }.reduce(0, +)
            try #require(deadlocks == 0, "round \(round): \(operations.map(\.name))")
        }
    }

    private func upload(_ contention: inout Contention, to store: PostgresJobStore) async throws {
        contention.uploads = []
        for place in 0..<6 {
            let id = contention.ids.next(at: .now)
            // Two have expired when they come, for prunes.
            let end = Date.now.addingTimeInterval(place < 4 ? 3600 : -1)
            let upload = Upload(id: id, key: "key-\(id)", filename: "f", size: 1, sha256: "", expiresAt: end)
            try await store.insert(upload, scope: .default)
            if place < 4 { contention.uploads.append(upload) }
        }
    }

    /// Has each operation performed by a store of its own; refusals are answers.
    private static func atOnce(
        _ operations: [ContendedOperation],
        on stores: [PostgresJobStore]
    ) async throws -> [ContendedOperation.Outcome] {
        try await withThrowingTaskGroup(of: (Int, ContendedOperation.Outcome).self) { group in
            for (place, operation) in operations.enumerated() {
                group.addTask {
                    do {
                        return (place, try await operation.perform(stores[place]))
                    } catch let error as JobStoreError where error.code != .unavailable && error.code != .corrupt {
                        return (place, ContendedOperation.Outcome())
                    }
                }
            }
            var outcomes: [Int: ContendedOperation.Outcome] = [:]
            for try await (place, outcome) in group { outcomes[place] = outcome }
            return outcomes.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    private static func deadlocks(in database: String) throws -> Int64 {
        let admin = try PostgresConnection(url: TemporarySchema.url(), schema: "admin")
        let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = '\(database)'"
        while try admin.runAll(others).first({ (row) throws(JobStoreError) in row.int() }) ?? 0 > 0 {}
        return try admin.runAll("SELECT deadlocks FROM pg_stat_database WHERE datname = '\(database)'")
            .first { (row) throws(JobStoreError) in row.int() } ?? 0
    }
}

extension Contention {
    /// Jobs for the operations to meet at.
    fileprivate mutating func fresh() -> ContendedOperation {
        let batch = newJobs(upTo: 6)
        return ContendedOperation("submit") { store in
            ContendedOperation.Outcome(jobs: try await store.insert(batch, scope: .default).map(\.id))
        }
    }

    /// Runs of them.
    fileprivate func claiming() -> ContendedOperation {
        ContendedOperation("claim") { store in
            let request = ClaimRequest(worker: "w", types: Self.types, limit: 3, lease: .seconds(60))
            return ContendedOperation.Outcome(leases: try await store.claim(request).jobs.map(\.lease))
        }
    }
}
#endif
