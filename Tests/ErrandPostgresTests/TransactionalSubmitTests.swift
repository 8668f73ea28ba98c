#if Postgres
import Errand
import ErrandTesting
import Foundation
import Testing

@testable import ErrandPostgres

/// `errand_submit`, on a connection of the caller's.
@Suite(.timeLimit(.minutes(5)))
struct TransactionalSubmitTests {
    @Test("rolled back there is no job; committed there is one, and a worker that waits gets it")
    func transaction() async throws {
        try await withSchema { store, connection, schema in
            async let waiting = store.claimWhenReady(
                ClaimRequest(worker: "w", types: ["mail"], limit: 1, lease: .seconds(30))
            )
            try connection.runAll("BEGIN")
            try submit(NewJob(type: "mail"), "acme", schema, on: connection)
            try connection.runAll("ROLLBACK")
            #expect(try await store.jobs(JobFilter(), page: PageRequest(), scope: .system).jobs.isEmpty)
            try connection.runAll("BEGIN")
            var job = NewJob(type: "mail", payload: try JSONText(validating: #"{"n": 1.50}"#))
            job.metadata = try JSONText(validating: #"{"tags":["a","b"]}"#)
            job.projectId = "p"
            let id = try submit(job, "acme", schema, on: connection)
            #expect(try await store.jobs(JobFilter(), page: PageRequest(), scope: .system).jobs.isEmpty)
            try connection.runAll("COMMIT")
            let claimed = try #require(try await waiting.jobs.first)
            #expect(claimed.lease.id == id && claimed.tenantId == "acme" && claimed.payload.string == #"{"n": 1.50}"#)
            let end = Settlement(lease: claimed.lease, outcome: .complete(JobResult()))
            #expect(try await store.settle([end]) == [.applied(.completed)])
            let counts = try await store.counts(by: .type, projectId: "p", scope: .tenant("acme"))
            #expect(counts["mail"]?.completed == 1 && counts["mail"]?.total == 1)
            var filter = JobFilter()
            filter.tag = "b"
            let tagged = try await store.jobs(filter, page: PageRequest(), scope: .tenant("acme"))
            #expect(tagged.jobs.map(\.id) == [id])
        }
    }

    @Test("the store reads a job of the function's as one of its own")
    func alike() async throws {
        try await withSchema { store, connection, schema in
            var job = NewJob(type: "mail")
            job.priority = -3
            job.maxAttempts = 7
            job.runAt = Moment(clamping: Date(timeIntervalSince1970: 4_000_000_000))
            job.uniqueKey = "k"
            let inserted = try await store.insert([job], scope: .tenant("acme"))
            let own = try await store.job(.id(inserted[0].id), scope: .system)
            let id = try submit(job, "other", schema, on: connection)
            var other = try await store.job(.id(id), scope: .system)
            #expect(other.number > own.number && other.tenantId == "other")
            #expect(abs(other.createdAt.timeIntervalSince(own.createdAt)) < 60)
            (other.id, other.number, other.tenantId) = (own.id, own.number, own.tenantId)
            (other.createdAt, other.updatedAt) = (own.createdAt, own.updatedAt)
            #expect(other == own)
        }
    }

    @Test("the same id is a replay, another job under it is refused, and a unique key answers with who has it")
    func known() async throws {
        try await withSchema { _, connection, schema in
            var job = NewJob(type: "mail")
            job.id = JobIDGenerator().next(at: .now)
            #expect(try submit(job, nil, schema, on: connection) == job.id)
            #expect(try submit(job, nil, schema, on: connection) == job.id)
            job.type = "other"
            #expect(throws: JobStoreError.self) { try submit(job, nil, schema, on: connection) }
            var keyed = NewJob(type: "mail")
            keyed.uniqueKey = "k"
            let first = try submit(keyed, "acme", schema, on: connection)
            #expect(try submit(keyed, "acme", schema, on: connection) == first)
            #expect(try submit(keyed, "other", schema, on: connection) != first)
        }
    }

    @Test("a submit of the function's and one of the store's repeat each other, however they are written")
    func repeated() async throws {
        try await withSchema { store, connection, schema in
            func job(_ payload: String, _ id: JobID) throws -> NewJob {
                var job = NewJob(type: "mail", queue: "q\"\u{e9}", payload: try JSONText(validating: payload))
                (job.id, job.priority, job.projectId, job.uniqueKey) = (id, -3, "p", Name(id.description))
                job.metadata = try JSONText(validating: #"{"tags":["b","a"]}"#)
                job.runAt = Moment(clamping: Date(timeIntervalSince1970: 4_000_000_000.125))
                return job
            }
            let first = #"{"a":[1.50,{"z":"\u001f\"\\é😀","y":null}],"b":12345678901234567890}"#
            let again = #" { "b" : 12345678901234567890, "a":[ 1.50, {"y":null,"z":"\u001F\"\\\u00e9\ud83d\ude00"} ] }"#
            let (one, two) = (JobIDGenerator().next(at: .now), JobIDGenerator().next(at: .distantFuture))
            _ = try submit(job(first, one), "acme", schema, on: connection)
            #expect(try await store.insert([job(again, one)], scope: .tenant("acme")).map(\.outcome) == [.replayed])
            _ = try await store.insert([job(again, two)], scope: .tenant("acme"))
            #expect(try submit(job(first, two), "acme", schema, on: connection) == two)
            var later = try job(first, one)
            later.runAt = Moment(clamping: Date(timeIntervalSince1970: 4_000_000_001))
            #expect(try submit(later, "acme", schema, on: connection) == one)
            for other in [first.replacing("1.50", with: "1.5"), first.replacing("890}", with: "891}")] {
                await #expect(throws: JobStoreError.self) {
                    _ = try await store.insert([job(other, one)], scope: .tenant("acme"))
                }
                #expect(throws: JobStoreError.self) { try submit(job(other, two), "acme", schema, on: connection) }
            }
            #expect(throws: JobStoreError.self) { try submit(job(first, one), "other", schema, on: connection) }
        }
    }

    @Test("what the version before stored of a submit is compared by its rule, in the function and the store")
    func earlier() async throws {
        try await withSchema { store, connection, schema in
            var job = NewJob(type: "work", payload: try JSONText(validating: #"{"a":1}"#))
            job.id = JobIDGenerator().next(at: .now)
            _ = try await store.insert([job], scope: .tenant("acme"))
            try connection.runAll("UPDATE errand.jobs SET fingerprint = 'e9213bcb69fac817-72a5d06415aefa12'")
            #expect(try await store.insert([job], scope: .tenant("acme")).map(\.outcome) == [.replayed])
            #expect(try submit(job, "acme", schema, on: connection) == job.id)
            var other = job
            other.payload = try JSONText(validating: #"{"a":2}"#)
            let changed = other
            await #expect(throws: JobStoreError.self) {
                _ = try await store.insert([changed], scope: .tenant("acme"))
            }
            #expect(throws: JobStoreError.self) { try submit(changed, "acme", schema, on: connection) }
        }
    }

    @Test("where the unique key was another's, the id stands for that job for a day, in the function and the store")
    func answered() async throws {
        try await withSchema { store, connection, schema in
            var job = NewJob(type: "mail")
            job.uniqueKey = "k"
            let holder = try submit(job, nil, schema, on: connection)
            job.id = JobIDGenerator().next(at: .now)
            #expect(try submit(job, nil, schema, on: connection) == holder)
            _ = try await store.cancel(.id(holder), reason: nil, scope: .system)
            #expect(try submit(job, nil, schema, on: connection) == holder)
            let answer = try await store.insert([job], scope: .system)[0]
            #expect(answer.id == holder && answer.outcome == .replayed && answer.firstOutcome == .existing)
            try await store.delete(.id(holder), scope: .system)
            #expect(throws: JobStoreError.self) { try submit(job, nil, schema, on: connection) }
            try connection.runAll("UPDATE errand.kept_answers SET answered_at = answered_at - 86400000")
            #expect(try submit(job, nil, schema, on: connection) == job.id)
        }
    }

    @Test("a unique key that a stopping run holds is refused, and free when the time to stop is over")
    func stopping() async throws {
        try await withSchema { store, connection, schema in
            var keyed = NewJob(type: "mail")
            keyed.uniqueKey = "k"
            let first = try submit(keyed, "acme", schema, on: connection)
            let request = ClaimRequest(worker: "w", types: ["mail"], limit: 1, lease: .seconds(30))
            #expect(try await store.claim(request).jobs.map(\.lease.id) == [first])
            _ = try await store.cancel(.id(first), reason: nil, scope: .system)
            #expect(throws: JobStoreError.self) { try submit(keyed, "acme", schema, on: connection) }
            try connection.runAll("UPDATE errand.live SET stop_end = 1")
            let second = try submit(keyed, "acme", schema, on: connection)
            #expect(second != first)
            #expect(try await store.job(.id(first), scope: .system).status == .cancelled)
            #expect(try await store.claim(request).jobs.map(\.lease.id) == [second])
        }
    }

    @Test(
        "what no store takes is refused by the function as well",
        arguments: [
            "'', '{}'", "NULL, '{}'", "'t', '[]'", "'t', NULL", #"'t', '{"a":1,"a":2}'"#, #"'t', '{"a":"\u0000"}'"#,
            "'t', '{}', tenant => ''", "'t', '{}', priority => 40000", "'t', '{}', max_attempts => 0",
            "'t', '{}', run_at => '12000-01-01'", "'t', '{}', queue => repeat('q', 201)",
        ]
    )
    func refused(_ arguments: String) async throws {
        try await withSchema { store, connection, _ in
            #expect(throws: JobStoreError.self) { try connection.run("SELECT errand.errand_submit(\(arguments))") }
            let page = try await store.jobs(JobFilter(), page: PageRequest(), scope: .system)
            #expect(page.jobs.isEmpty)
        }
    }

    @Test("what the function has no parameter for is refused before it is sent")
    func unsupported() throws {
        var waiting = NewJob(type: "mail")
        waiting.after = [JobIDGenerator().next(at: .now)]
        #expect(throws: JobStoreError.self) { try TransactionalSubmit(waiting) }
        var replacing = NewJob(type: "mail")
        (replacing.uniqueKey, replacing.onConflict) = ("k", .replace)
        #expect(throws: JobStoreError.self) { try TransactionalSubmit(replacing) }
        #expect(throws: JobStoreError.self) { try TransactionalSubmit(NewJob(type: "mail"), schema: "a\"b") }
    }

    @discardableResult
    private func submit(
        _ job: NewJob,
        _ tenant: Name?,
        _ schema: String,
        on connection: PostgresConnection
    ) throws -> JobID {
        let submit = try TransactionalSubmit(job, tenantId: tenant, schema: schema)
        let id = try connection.run(submit.sql, submit.parameters.map { .text($0) })
            .first { (row) throws(JobStoreError) in try row.id() }
        return try #require(id)
    }

    private func withSchema(
        _ body: (PostgresJobStore, PostgresConnection, String) async throws -> Void
    ) async throws {
        try await TemporarySchema.withName { name in
            let store = try await TemporarySchema.open(name, clock: nil)
            defer { store.close() }
            try await body(store, try PostgresConnection(url: TemporarySchema.url(), schema: name), name)
        }
    }
}
#endif
