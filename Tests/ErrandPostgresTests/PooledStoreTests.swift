#if Postgres
import Errand
import ErrandTesting
import Testing

@testable import ErrandPostgres

/// Everything once more through PgBouncer in transaction mode, where every transaction may get another connection.
@Suite(.timeLimit(.minutes(5)))
struct PooledStoreTests {
    @Test("PostgreSQL, through PgBouncer", arguments: JobStoreCheck.all)
    func everything(_ check: JobStoreCheck) async throws {
        try await TemporarySchema.with(access: .pooled) { store, clock in
            try await check.run(JobStoreUnderTest(store, clock: clock))
        }
    }

    @Test("a store that is not told of the pooler says what is wrong once a prepared statement is lost")
    func untold() async throws {
        try await TemporarySchema.withName { name in
            try await TemporarySchema.open(name, clock: nil).close()
            var errors: [JobStoreError] = []
            // Two clients that prepare under the same names on shared connections: one meets the other's.
            var options = try TestAccess.direct.options(name)
            options.notifies = false
            let stores = try (0..<2).map { _ in try PostgresJobStore(url: TestAccess.pooled.url(), options: options) }
            defer { for store in stores { store.close() } }
            // Beside everything else the pooler may have reasons of its own to refuse one first.
            while !errors.contains(where: { $0.message.contains("pooler=transaction") }) {
                for store in stores {
                    do {
                        _ = try await store.insert([NewJob(type: "work")], scope: .default)
                    } catch let error as JobStoreError {
                        errors.append(error)
                    }
                }
            }
            #expect(errors.allSatisfy { $0.code == .unavailable }, "\(errors)")
        }
    }

    @Test("behind a pooler nothing is asked of the session, and each transaction has its limits")
    func settings() async throws {
        try await TemporarySchema.withName { name in
            let store = try await TemporarySchema.open(name, clock: nil, access: .pooled)
            defer { store.close() }
            let ask = """
                SELECT current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout')
                """
            let read = { @Sendable (session: PostgresSession) throws(JobStoreError) -> [String] in
                try session.sql(ask).first { (row) throws(JobStoreError) in [row.text(), row.text()] } ?? []
            }
            #expect(try await store.read(read) == ["30s", "1min"])
            #expect(try await store.write(read) == ["30s", "1min"])
        }
    }
}
#endif
