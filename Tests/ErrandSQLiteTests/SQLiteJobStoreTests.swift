import Errand
import ErrandSQLite
import ErrandTesting
import FoundationEssentials
import Testing

@Suite struct SQLiteJobStoreTests {
    @Test("SQLite: every check", arguments: JobStoreCheck.all)
    func check(_ check: JobStoreCheck) async throws {
        try await TemporaryStore.with { store, clock in
            try await check.run(JobStoreUnderTest(store, clock: clock))
        }
    }
}
