import Errand
import ErrandSQLite
import ErrandTesting
import Foundation
import GRDB
import Testing

@Suite("Keys that an older version stored", .timeLimit(.minutes(1)))
struct MigratedKeysTests {
    @Test("a file of the version before V011 keeps its keys, which are compared by that version's rule")
    func migrated() async throws {
        try await TemporaryStore.withFolder { folder in
            let path = folder.appending(path: "a.db").path()
            let clock = ManualClock()
            var job = NewJob(type: "work", payload: JSONText(trusted: #"{"a":1}"#))
            job.id = JobIDGenerator().next(at: .now)
            let store = try await TemporaryStore.open(path, clock: clock)
            _ = try await store.insert([job], scope: .default)
            store.close()
            let queue = try DatabaseQueue(path: path)
            try await queue.write { file in
                // What the version before wrote of this job.
                try file.execute(sql: "UPDATE jobs SET fingerprint = 'e9213bcb69fac817-72a5d06415aefa12'")
                try file.execute(sql: "DROP TABLE kept_answers")
                try file.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = 'V011_kept_answers'")
            }
            try queue.close()
            let migrated = try await TemporaryStore.open(path, clock: clock)
            defer { migrated.close() }
            #expect(try await migrated.insert([job], scope: .default).map(\.outcome) == [.replayed])
            var other = job
            other.payload = JSONText(trusted: #"{"a":2}"#)
            let changed = other
            let error = await #expect(throws: JobStoreError.self) {
                try await migrated.insert([changed], scope: .default)
            }
            #expect(error?.code == .idempotencyMismatch)
        }
    }
}
