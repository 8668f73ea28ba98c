#if Postgres
import Errand
import ErrandTesting
import FoundationEssentials
import Synchronization
import Testing

@testable import ErrandPostgres

/// What one process changes, another hears of.
@Suite(.timeLimit(.minutes(5)))
struct NotifyingTests {
    private func withTwo(_ body: (PostgresJobStore, PostgresJobStore) async throws -> Void) async throws {
        try await TemporarySchema.withName { name in
            let first = try await TemporarySchema.open(name, clock: nil, connections: 2)
            defer { first.close() }
            let second = try await TemporarySchema.open(name, clock: nil, connections: 2)
            defer { second.close() }
            try await body(first, second)
        }
    }

    /// Submits until the other process has heard of a job: nothing says when it has begun to listen.
    static func submit(on store: PostgresJobStore, untilHeardBy stream: StoreChangeStream) async throws {
        let isHeard = Mutex(false)
        let hearing = Task {
            var stream = stream
            while let changes = await stream.next(), changes.jobs.isEmpty {}
            isHeard.withLock { $0 = true }
        }
        while !isHeard.withLock({ $0 }) {
            _ = try await store.insert([NewJob(type: "work")], scope: .tenant("a"))
        }
        await hearing.value
    }

    @Test("another process hears of submits and revoked leases, with job, scope and revision")
    func hearing() async throws {
        try await withTwo { first, second in
            var stream = second.changes([.wakeUps, .revocations, .jobs])
            try await Self.submit(on: first, untilHeardBy: stream)
            let request = ClaimRequest(worker: "w", types: ["work"], limit: 1, lease: .seconds(60))
            let lease = try #require(try await first.claim(request).jobs.first).lease
            let job = try await first.cancel(.id(lease.id), reason: nil, scope: .system)
            var heard = StoreChanges()
            while heard.jobs[lease.id]?.rev != job.rev || heard.revoked.isEmpty {
                heard.merge(try #require(await stream.next()))
            }
            #expect(heard.revoked == [lease])
            #expect(
                heard.jobs[lease.id] == JobChange(id: lease.id, tenantId: "a", projectId: nil, rev: job.rev)
            )
        }
    }

    @Test("a claim that waits in one process is served by a submit in another")
    func waiting() async throws {
        try await withTwo { first, second in
            let request = ClaimRequest(worker: "w", types: ["work"], limit: 1, lease: .seconds(60))
            async let claim = second.claimWhenReady(request)
            let inserted = try await first.insert([NewJob(type: "work")], scope: .default)
            #expect(try await claim.jobs.map(\.lease.id) == inserted.map(\.id))
        }
    }

    @Test("a listener whose connection was lost listens again, and says that jobs were missed")
    func listeningAgain() async throws {
        try await TemporarySchema.withName { name in
            let first = try await TemporarySchema.open(name, clock: nil, connections: 1)
            defer { first.close() }
            let second = try await TemporarySchema.open(name, clock: nil, connections: 1)
            defer { second.close() }
            var stream = second.changes([.jobs])
            try await Self.submit(on: first, untilHeardBy: stream)
            #expect(try LostConnectionTests.cutAll(name) > 0)
            while let changes = await stream.next(), !changes.isIncomplete {}
            let listening = second.changes([.jobs])
            // The first that meets the lost connection says so, and that need not be this one.
            _ = try? await first.insert([NewJob(type: "lost")], scope: .default)
            try await Self.submit(on: first, untilHeardBy: listening)
        }
    }

    @Test("messages carry every change, in pieces the server takes")
    func messages() {
        var changes = StoreChanges()
        let ids = JobIDGenerator()
        for number in 0..<300 {
            let id = ids.next(at: .init(timeIntervalSince1970: 1_767_225_600))
            let tenant = number.isMultiple(of: 2) ? nil : Name(String(repeating: "\n\"", count: 60))
            changes.jobs[id] = JobChange(id: id, tenantId: tenant, projectId: "p", rev: number == 7 ? nil : 3)
            if number < 20 { changes.revoked.insert(JobLease(id: id, number: Int64(number), fence: 2)) }
            if number < 50 { changes.queues.insert("queue \(number)\n") }
        }
        changes.queues.insert(Name(String(repeating: "\u{1}", count: JobLimits.nameBytes)))
        let messages = ChangeMessage.encode(changes, from: "me")
        #expect(messages.count > 1 && messages.allSatisfy { $0.utf8.count < 8000 })
        var heard = StoreChanges()
        for message in messages {
            #expect(ChangeMessage.decode(message, apartFrom: "me") == nil)
            if let part = ChangeMessage.decode(message, apartFrom: "you") { heard.merge(part) }
        }
        #expect(heard == changes)
        changes.queues.insert(Name(String(repeating: "q", count: 9000)))
        let cut = ChangeMessage.encode(changes, from: "me")
        #expect(cut.allSatisfy { $0.utf8.count < 8000 } && cut.contains { $0.contains("[\"i\"]") })
        #expect(ChangeMessage.decode("them\nnonsense", apartFrom: "you") == nil)
        for _ in 0..<300 {
            let id = ids.next(at: .init(timeIntervalSince1970: 1_767_225_600))
            changes.jobs[id] = JobChange(id: id, tenantId: nil, projectId: nil, rev: 1)
        }
        let many = ChangeMessage.encode(changes, from: "me").compactMap {
            ChangeMessage.decode($0, apartFrom: "you")
        }
        #expect(many.contains { $0.isIncomplete } && many.allSatisfy { $0.jobs.isEmpty })
    }
}
#endif
