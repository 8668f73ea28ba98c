#if Postgres
import Errand
import ErrandPostgres
import ErrandTesting
import Foundation
import Synchronization
import Testing

/// Random histories on PostgreSQL; `ERRAND_HISTORIES` says how many, `ERRAND_SEED` where to start.
@Suite(.timeLimit(.minutes(5)))
struct PostgresHistoryTests {
    @Test("PostgreSQL agrees with the reference store in random histories", arguments: TestAccess.allCases)
    func histories(_ access: TestAccess) async throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["ERRAND_HISTORIES"].flatMap { Int($0) } ?? 60
        let seed = environment["ERRAND_SEED"].flatMap { UInt64($0) } ?? 1
        try await TemporarySchema.withName { prefix in
            let schemas = Mutex<[String]>([])
            defer {
                // What cannot be dropped goes with the server.
                for schema in schemas.withLock({ $0 }) { try? TemporarySchema.drop(schema, on: TemporarySchema.url()) }
            }
            let coverage = try await JobHistory.play(count: count, from: seed) { clock in
                let schema = schemas.withLock { schemas in
                    schemas.append("\(prefix)_\(schemas.count)")
                    return schemas[schemas.count - 1]
                }
                return try await TemporarySchema.open(schema, clock: clock, connections: 1, access: access)
            }
            print("\(count) histories from seed \(seed), \(access), reached:\n\(coverage)")
            #expect(coverage.missing(minimum: count / 20) == [])
        }
    }

    @Test("PostgreSQL agrees with it between the steps of a cascade", arguments: [1, 2, 3])
    func cascades(step: Int) async throws {
        var pace = CascadePace(step: step)
        pace.goesOn = false
        try await TemporarySchema.withName { [pace] prefix in
            let schemas = Mutex<[String]>([])
            defer {
                // What cannot be dropped goes with the server.
                for schema in schemas.withLock({ $0 }) { try? TemporarySchema.drop(schema, on: TemporarySchema.url()) }
            }
            _ = try await JobHistory.play(count: 20, from: UInt64(step) * 1000, cascades: pace) { clock in
                let schema = schemas.withLock { schemas in
                    schemas.append("\(prefix)_\(schemas.count)")
                    return schemas[schemas.count - 1]
                }
                return try await TemporarySchema.open(schema, clock: clock, connections: 1) { $0.cascades = pace }
            }
        }
    }
}
#endif
