#if Postgres
import Errand
import ErrandTesting
import FoundationEssentials
import Logging
import Synchronization
import Testing

@testable import ErrandPostgres

/// Connections that are cut at a commit: the caller cannot know whether it was done, and asks again.
@Suite(.timeLimit(.minutes(5)))
struct AmbiguousCommitTests {
    // What is sent with, or as, the commit of a submit with an id, of a claim and of an end.
    private static let submit = "COMMIT"
    private static let claim = "wanted AS MATERIALIZED"
    private static let end = "new_result_type"

    private func withProxy(_ body: (FaultyProxy, PostgresJobStore) async throws -> Void) async throws {
        try await TemporarySchema.withName { name in
            let proxy = try FaultyProxy(to: TemporarySchema.url())
            defer { proxy.close() }
            let store = try await TemporarySchema.open(name, clock: nil, connections: 2, through: proxy) { options in
                // Whatever else commits would be cut in the place of what the test is about.
                options.notifies = false
                // The proxy knows statements by their text, which a prepared one does not show.
                options.pooler = .transaction
            }
            defer { store.close() }
            try await body(proxy, store)
        }
    }

    private func expectUnavailable(_ body: () async throws -> Void) async {
        let error = await #expect(throws: JobStoreError.self) { try await body() }
        #expect(error?.code == .unavailable)
    }

    @Test("a submit with its own id is one job, however often repeated", arguments: FaultyProxy.Moment.allCases)
    func submit(_ moment: FaultyProxy.Moment) async throws {
        try await withProxy { proxy, store in
            var job = NewJob(type: "work")
            job.id = JobIDGenerator().next(at: .now)
            let submitted = job
            proxy.cut(at: Self.submit, moment)
            await expectUnavailable { _ = try await store.insert([submitted], scope: .default) }
            let again = try #require(try await store.insert([submitted], scope: .default).first)
            #expect(again.id == submitted.id)
            #expect(again.outcome == (moment != .beforeForwarding ? .replayed : .inserted))
            #expect(try await store.counts(by: .type, projectId: nil, scope: .system)["work"]?.total == 1)
            #expect(proxy.cuts == 1)
        }
    }

    @Test("an end that is recorded again is the same end", arguments: FaultyProxy.Moment.allCases)
    func settle(_ moment: FaultyProxy.Moment) async throws {
        try await withProxy { proxy, store in
            _ = try await store.insert([NewJob(type: "work")], scope: .default)
            let lease = try #require(try await store.claim(.work()).jobs.first).lease
            let end = Settlement(lease: lease, outcome: .complete(JobResult()))
            proxy.cut(at: Self.end, moment)
            await expectUnavailable { _ = try await store.settle([end]) }
            let results = try await store.settle([end])
            let isNew = moment == .beforeForwarding
            #expect(results == [isNew ? .applied(.completed) : .fenced(currentStatus: .completed)])
            let job = try await store.job(.id(lease.id), scope: .default)
            #expect(job.status == .completed && job.attempt == 1 && job.fence == lease.fence)
            #expect(try await store.claim(.work()).jobs.isEmpty)
        }
    }

    @Test("a job whose claim was never answered comes back with its lease, uncharged")
    func claim() async throws {
        try await withProxy { proxy, store in
            let inserted = try #require(try await store.insert([NewJob(type: "work")], scope: .default).first)
            proxy.cut(at: Self.claim, .beforeReply)
            await expectUnavailable { _ = try await store.claim(.work()) }
            #expect(try await store.job(.id(inserted.id), scope: .default).status == .running)
            store.context.clockOffset.withLock { $0.steady += .seconds(61) }
            #expect(try await store.reap(limit: 10) == 1)
            let job = try #require(try await store.claim(.work()).jobs.first)
            #expect(job.lease.id == inserted.id && job.attempt == 1 && job.lostCount == 1)
        }
    }

    @Test("a worker whose settle is cut runs nothing twice, and goes on", arguments: FaultyProxy.Moment.allCases)
    func worker(_ moment: FaultyProxy.Moment) async throws {
        try await withProxy { proxy, store in
            let runs = Mutex<[JobID]>([])
            var handlers = JobHandlers()
            handlers.register("work") { (work: NumberedWork, context) in
                runs.withLock { $0.append(context.id) }
                // With one slot and nothing to reap, what ends next is this run.
                if work.number == 0 { proxy.cut(at: Self.end, moment) }
            }
            var options = WorkerOptions(concurrency: 1)
            (options.reapInterval, options.pruneInterval, options.prefetchLimit) = (nil, nil, 0)
            options.heartbeat = .seconds(600)
            options.lease = .seconds(600)
            options.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let client = JobClient(store: store, types: handlers.types)
            let worker = Worker(store: store, handlers: handlers, options: options)
            var jobs: [JobID] = []
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await worker.run() }
                defer { group.cancelAll() }
                // One by one: a job claimed by the very commit whose answer is lost would wait for its lease.
                for number in 0..<3 {
                    let job = try await client.submit("work", NumberedWork(number: number))
                    let ended = try await client.wait(for: .id(job.id))
                    #expect(ended.status == .completed && ended.attempt == 1)
                    jobs.append(job.id)
                }
            }
            #expect(runs.withLock { $0 } == jobs && proxy.cuts == 1)
        }
    }

    @Test("with every few commits cut, each job is submitted, run and ended once")
    func everything() async throws {
        try await withProxy { proxy, store in
            var ids: Set<JobID> = []
            var runs: [JobLease] = []
            let moments = FaultyProxy.Moment.allCases
            for number in 0..<40 {
                if number.isMultiple(of: 3) { proxy.cut(at: Self.submit, moments[number % 2]) }
                var job = NewJob(type: "work")
                job.id = JobIDGenerator().next(at: .now)
                let submitted = job
                for answer in await untilAvailable({ try await store.insert([submitted], scope: .default) }) {
                    ids.insert(answer.id)
                }
            }
            while true {
                let round = runs.count
                if round.isMultiple(of: 4) { proxy.cut(at: Self.claim, moments[round / 4 % 2]) }
                for job in await untilAvailable({ try await store.claim(.work(limit: 3)) }).jobs {
                    runs.append(job.lease)
                    if runs.count.isMultiple(of: 5) { proxy.cut(at: Self.end, moments[runs.count % 2]) }
                    let end = Settlement(lease: job.lease, outcome: .complete(JobResult()))
                    let results = await untilAvailable { try await store.settle([end]) }
                    #expect(results == [.applied(.completed)] || results == [.fenced(currentStatus: .completed)])
                }
                guard runs.count == round else { continue }
                let counts = await untilAvailable { try await store.counts(by: .type, projectId: nil, scope: .system) }
                if counts["work"]?.completed == 40 { break }
                // Nothing runs here, so what is Running was claimed without an answer.
                store.context.clockOffset.withLock { $0.steady += .seconds(61) }
                _ = await untilAvailable { try await store.reap(limit: 100) }
            }
            #expect(ids.count == 40 && runs.count == 40 && Set(runs.map(\.id)) == ids)
            #expect(proxy.cuts > 15)
        }
    }
}
#endif
