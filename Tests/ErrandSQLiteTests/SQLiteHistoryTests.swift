import Errand
import ErrandSQLite
import ErrandTesting
import Foundation
import Testing

/// Random histories on SQLite; `ERRAND_HISTORIES` says how many, `ERRAND_SEED` where to start.
@Suite(.timeLimit(.minutes(5)))
struct SQLiteHistoryTests {
    @Test("SQLite agrees with the reference store in random histories")
    func histories() async throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["ERRAND_HISTORIES"].flatMap { Int($0) } ?? 200
        let seed = environment["ERRAND_SEED"].flatMap { UInt64($0) } ?? 1
        try await TemporaryStore.withFolder { folder in
            let coverage = try await JobHistory.play(count: count, from: seed) { clock in
                let path = folder.appending(path: "\(UUID().uuidString).db").path()
                return try await TemporaryStore.open(path, clock: clock)
            }
            print("\(count) histories from seed \(seed) reached:\n\(coverage)")
            #expect(coverage.missing(minimum: count / 20) == [])
        }
    }

    @Test("SQLite agrees with it between the steps of a cascade", arguments: [1, 2, 3])
    func cascades(step: Int) async throws {
        var pace = CascadePace(step: step)
        pace.goesOn = false
        try await TemporaryStore.withFolder { [pace] folder in
            _ = try await JobHistory.play(count: 60, from: UInt64(step) * 1000, cascades: pace) { clock in
                let path = folder.appending(path: "\(UUID().uuidString).db").path()
                return try await TemporaryStore.open(path, clock: clock, cascades: pace)
            }
        }
    }
}
