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
}
