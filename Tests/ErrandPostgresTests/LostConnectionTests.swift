#if Postgres
import Errand
import ErrandTesting
import Testing

@testable import ErrandPostgres

@Suite(.timeLimit(.minutes(5)))
struct LostConnectionTests {
    /// Ends every connection of a schema's stores, as a server does that is restarted.
    ///
    /// - Returns: How many there were, of those whose names end as is said.
    static func cutAll(_ schema: String, role: String = "%") throws -> Int {
        let connection = try PostgresConnection(url: TemporarySchema.url(), schema: "admin")
        let cut = try connection.runAll(
            """
            SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE application_name LIKE 'errand/\(schema)\(role)'
            """
        )
        return cut.count
    }

    @Test("a question that meets a lost connection is asked again on a new one")
    func reading() async throws {
        try await TemporarySchema.withName { name in
            let store = try await TemporarySchema.open(name, clock: nil, connections: 1)
            defer { store.close() }
            let inserted = try #require(try await store.insert([NewJob(type: "work")], scope: .default).first)
            #expect(try Self.cutAll(name) > 0)
            #expect(try await store.job(.id(inserted.id), scope: .default).status == .queued)
        }
    }

    @Test("a connection that the server ended while nobody used it is not written to: a new one is")
    func writing() async throws {
        try await TemporarySchema.withName { name in
            let store = try await TemporarySchema.open(name, clock: nil, connections: 1)
            defer { store.close() }
            #expect(try Self.cutAll(name) > 0)
            let inserted = try await store.insert([NewJob(type: "work")], scope: .default)
            #expect(inserted.count == 1)
            let counts = try await store.counts(by: .type, projectId: nil, scope: .system)
            #expect(counts["work"]?.total == 1)
        }
    }

    @Test("a server that is not there, a schema that is not there and a closed store are unavailable")
    func unavailable() async throws {
        let nobody = try PostgresJobStore(url: "host=/nowhere dbname=none")
        defer { nobody.close() }
        let unmigrated = try PostgresJobStore(url: TemporarySchema.url(), options: .init(schema: "not_there"))
        defer { unmigrated.close() }
        let closed = try PostgresJobStore(url: TemporarySchema.url())
        closed.close()
        for store in [nobody, unmigrated, closed] {
            let error = await #expect(throws: JobStoreError.self) {
                _ = try await store.counts(by: .type, projectId: nil, scope: .system)
            }
            #expect(error?.code == .unavailable)
        }
    }

    @Test("a name that cannot be a schema's, and a NUL in a text, are refused")
    func badNames() async throws {
        for name in ["", "Errand", "a\"b", "a'b", String(repeating: "a", count: 51)] {
            let error = #expect(throws: JobStoreError.self) {
                try PostgresJobStore(url: "", options: .init(schema: name))
            }
            #expect(error?.code == .invalid)
        }
        try await TemporarySchema.with { store, _ in
            _ = try await store.insert([NewJob(type: "work")], scope: .tenant("a"))
            let error = await #expect(throws: JobStoreError.self) {
                _ = try await store.jobs(JobFilter(), page: PageRequest(), scope: .tenant("a\0b"))
            }
            #expect(error?.code == .invalid)
        }
    }
}
#endif
