#if Postgres
import Errand
import ErrandTesting
import FoundationEssentials
import Synchronization
import Testing

@testable import ErrandPostgres

/// Rows that no version of Errand has written.
@Suite(.timeLimit(.minutes(5)))
struct CorruptRowTests {
    /// What somebody does to the row of one job, and the tables and columns it is about.
    enum Damage: String, CaseIterable {
        case payload = "UPDATE errand.jobs SET payload = '{\"a\":'"
        case metadata = "UPDATE errand.jobs SET metadata = 'no'"
        case noAttempts = "UPDATE errand.jobs SET max_attempts = 0"
        case negativeAttempt = "UPDATE errand.live SET attempt = -5"
        case negativeFence = "UPDATE errand.live SET fence = -1"
        case errors = "UPDATE errand.live SET errors = '[{}]'"
        case checkpoint = "UPDATE errand.live SET checkpoint = '\u{1}'"
        case status = "UPDATE errand.live SET status = 77"
    }

    private func damage(_ damage: String, _ number: Int64, _ schema: String) throws {
        try PostgresConnection(url: TemporarySchema.url(), schema: schema)
            .runAll("\(damage) WHERE number = \(number)")
    }

    @Test("a row that makes no sense fails by itself, and those beside it run", arguments: Damage.allCases)
    func beside(_ kind: Damage) async throws {
        try await TemporarySchema.withName { name in
            let store = try await TemporarySchema.open(name, clock: nil)
            defer { store.close() }
            let jobs = try await store.insert(Array(repeating: NewJob(type: "work"), count: 5), scope: .default)
            try damage(kind.rawValue, jobs[2].number, name)
            // The lists that people look at meet it first.
            let page = try await store.jobs(JobFilter(), page: PageRequest(), scope: .system)
            #expect(page.jobs.count == 5)
            let claimed = try await store.claim(.work(limit: 9)).jobs
            #expect(Set(claimed.map(\.lease.id)) == Set(jobs.map(\.id)).subtracting([jobs[2].id]))
            let ends = claimed.map { Settlement(lease: $0.lease, outcome: .complete(JobResult())) }
            let results = try await store.settle(ends)
            #expect(results.allSatisfy { $0 == .applied(.completed) })
            let bad = try await store.job(.id(jobs[2].id), scope: .default)
            #expect(bad.status == .failed && bad.failure?.code == JobFailure.Code.corruptRow)
            let counts = try await store.counts(by: .type, projectId: nil, scope: .system)["work"]
            #expect(counts?.completed == 4 && counts?.failed == 1 && counts?.total == 5)
            let admin = try PostgresConnection(url: TemporarySchema.url(), schema: name)
            #expect(try admin.runAll("SELECT FROM errand.corrupt_rows WHERE number = \(jobs[2].number)").count == 1)
        }
    }

    @Test("a claim that meets such a row takes the others", arguments: [Damage.payload, .negativeAttempt, .checkpoint])
    func claiming(_ kind: Damage) async throws {
        try await TemporarySchema.withName { name in
            let store = try await TemporarySchema.open(name, clock: nil)
            defer { store.close() }
            let jobs = try await store.insert(Array(repeating: NewJob(type: "work"), count: 3), scope: .default)
            try damage(kind.rawValue, jobs[0].number, name)
            let claimed = try await store.claim(.work(limit: 9)).jobs
            #expect(claimed.map(\.lease.id) == jobs.dropFirst().map(\.id))
        }
    }

    @Test("what is taken back from dead workers is not held up by such a row")
    func reaping() async throws {
        try await TemporarySchema.withName { name in
            let store = try await TemporarySchema.open(name, clock: nil)
            defer { store.close() }
            let jobs = try await store.insert(Array(repeating: NewJob(type: "work"), count: 3), scope: .default)
            #expect(try await store.claim(.work(limit: 9)).jobs.count == 3)
            try damage(Damage.errors.rawValue, jobs[1].number, name)
            store.context.clockOffset.withLock { $0.steady += .seconds(61) }
            #expect(try await store.reap(limit: 10) == 2)
            #expect(try await store.claim(.work(limit: 9)).jobs.count == 2)
            #expect(try await store.job(.id(jobs[1].id), scope: .default).failure?.code == JobFailure.Code.corruptRow)
        }
    }

    @Test("a type that no worker knows is left alone, and a job that waits for such a row is cancelled")
    func others() async throws {
        try await TemporarySchema.withName { name in
            let store = try await TemporarySchema.open(name, clock: nil)
            defer { store.close() }
            let jobs = try await store.insert([NewJob(type: "unknown"), NewJob(type: "work")], scope: .default)
            var waiting = NewJob(type: "work")
            waiting.after = [jobs[1].id]
            let dependent = try #require(try await store.insert([waiting], scope: .default).first)
            try damage(Damage.payload.rawValue, jobs[1].number, name)
            #expect(try await store.claim(.work(limit: 9)).jobs.isEmpty)
            // What follows of the end goes on with whoever reaps.
            _ = try await store.reap(limit: 10)
            #expect(try await store.job(.id(dependent.id), scope: .default).status == .cancelled)
            #expect(try await store.job(.id(jobs[0].id), scope: .default).status == .queued)
        }
    }

    @Test("times at either end of what can be said are kept, and due as they say")
    func farTimes() async throws {
        try await TemporarySchema.withName { name in
            let store = try await TemporarySchema.open(name, clock: nil)
            defer { store.close() }
            // 1970, the end of 32 bits, and the last second of 9999.
            let times = [0, 2_147_483_648, 253_402_300_799].map(Date.init(timeIntervalSince1970:))
            let jobs = try times.map { time in
                var job = NewJob(type: "work")
                job.runAt = try Moment(time)
                return job
            }
            let inserted = try await store.insert(jobs, scope: .default)
            #expect(try await store.claim(.work(limit: 9)).jobs.map(\.lease.id) == [inserted[0].id])
            for (job, answer) in zip(jobs, inserted) {
                #expect(try await store.job(.id(answer.id), scope: .default).runAt == job.runAt?.date)
            }
        }
    }
}
#endif
