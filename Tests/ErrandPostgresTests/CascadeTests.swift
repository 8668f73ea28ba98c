#if Postgres
import Errand
import ErrandTesting
import Foundation
import Testing

@testable import ErrandPostgres

/// Ends of jobs for which many wait; `ERRAND_CASCADES` says for how many: 100000 is what Errand promises.
@Suite("What follows of the ends of jobs, on PostgreSQL", .timeLimit(.minutes(5)))
struct CascadeTests {
    private static let count = ProcessInfo.processInfo.environment["ERRAND_CASCADES"].flatMap { Int($0) } ?? 5000

    @Test("PostgreSQL: thousands who wait", arguments: JobStoreCheck.largeCascades(of: Self.count))
    func large(_ check: JobStoreCheck) async throws {
        try await TemporarySchema.with { store, clock in try await check.run(JobStoreUnderTest(store, clock: clock)) }
    }

    @Test("what a process did not get to goes on in those that reap, several of them at once, and nobody is told twice")
    func severalProcesses() async throws {
        try await TemporarySchema.withName { name in
            let first = try await TemporarySchema.open(name, clock: nil) { options in
                options.cascades = CascadePace(step: 5)
                options.cascades.goesOn = false
            }
            let roots = try await first.insert(Array(repeating: NewJob(type: "root"), count: 40), scope: .default)
            var later = NewJob(type: "later")
            for root in roots {
                later.after = [root.id]
                let inserted = try await first.insert(Array(repeating: later, count: 10), scope: .default)
                var latest = NewJob(type: "latest")
                latest.after = inserted.map(\.id)
                _ = try await first.insert(Array(repeating: latest, count: 3), scope: .default)
            }
            for root in roots { _ = try await first.cancel(.id(root.id), reason: nil, scope: .system) }
            // As when it dies: nothing is under way in it.
            first.close()
            let others = try await [
                TemporarySchema.open(name, clock: nil), TemporarySchema.open(name, clock: nil),
                TemporarySchema.open(name, clock: nil),
            ]
            defer { for other in others { other.close() } }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for other in others {
                    group.addTask { for _ in 0..<20 { _ = try await other.reap(limit: 10) } }
                }
                try await group.waitForAll()
            }
            let jobs = try await others[0].jobs(JobFilter(), page: PageRequest(limit: 1000), scope: .system).jobs
            #expect(jobs.count == 40 + 400 + 120)
            #expect(jobs.allSatisfy { $0.status == .cancelled && $0.fence == 1 && $0.rev == 2 })
            let admin = try PostgresConnection(url: TemporarySchema.url(), schema: name)
            #expect(try admin.runAll("SELECT FROM errand.cascades").count == 0)
        }
    }

    @Test("one end that the server refuses by itself does not take the others with it")
    func oneAtFault() async throws {
        try await TemporarySchema.withName { name in
            let store = try await TemporarySchema.open(name, clock: nil)
            defer { store.close() }
            let client = JobClient(store: store, scope: .default)
            let jobs = try await store.insert(Array(repeating: NewJob(type: "work"), count: 8), scope: .default)
            try PostgresConnection(url: TemporarySchema.url(), schema: name).runAll(
                """
                CREATE FUNCTION errand.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    RAISE EXCEPTION 'not this one'; END $$;
                CREATE TRIGGER refuse BEFORE INSERT ON errand.ended
                    FOR EACH ROW WHEN (NEW.number = \(jobs[3].number)) EXECUTE FUNCTION errand.refuse()
                """
            )
            var handlers = JobHandlers()
            handlers.register(raw: "work") { _ in JobResult() }
            let worker = Worker(store: store, handlers: handlers)
            let running = Task { try await worker.run() }
            for (index, job) in jobs.enumerated() where index != 3 {
                #expect(try await client.wait(for: .id(job.id)).status == .completed)
            }
            #expect(try await store.job(.id(jobs[3].id), scope: .default).status == .running)
            running.cancel()
            // Its one job that is at fault is dropped; the worker ends as any other.
            _ = await running.result
        }
    }
}
#endif
