public import Errand
import FoundationEssentials
import Testing

/// Holds a copy from one store to another to what it promises: everything is the same, and what waited runs.
///
/// The original is filled by a random history, and by what histories do not do. The caller opens stores and copies:
///
/// ```swift
/// try await CopyCheck(seed: 1).run(
///     original: { clock in try await open("a.db", clock) },
///     copied: { clock in
///         try await copy("a.db", to: "b.db", clock)
///         return (try await open("a.db", clock), try await open("b.db", clock))
///     }
/// )
/// ```
public struct CopyCheck: Sendable {
    /// What is copied whole.
    public typealias Store = JobStore & UploadStore & DatasetStore & APIKeyStore & WebhookStore & AuditStore

    /// Decides what is in the original.
    public let seed: UInt64

    /// Creates a check.
    public init(seed: UInt64) { self.seed = seed }

    /// Fills, copies and compares; records an issue for each difference.
    ///
    /// - Parameters:
    ///   - original: Makes the original, empty, which lives by the clock.
    ///   - copied: Copies it to another store, and opens both.
    /// - Throws: What the stores throw.
    public func run(
        original: @Sendable (ManualClock) async throws -> any Store,
        copied: (ManualClock) async throws -> (original: any Store, copy: any Store)
    ) async throws {
        let clock = ManualClock()
        let filled = try await original(clock)
        try await fill(filled, clock)
        // Every lease is over then.
        clock.advance(by: .seconds(3600))
        let stores = try await copied(clock)
        while try await stores.original.reap(limit: 500) > 0 {}
        while try await stores.copy.reap(limit: 500) > 0 {}
        let comparison = StoreComparison(copy: stores.copy, original: stores.original)
        try await comparison.run()
        try await checkReplay(on: stores.copy, original: stores.original)
        clock.advance(by: .seconds(86400))
        for store in [stores.original, stores.copy] { try await runAll(on: store) }
        try await comparison.run()
        for store in [stores.original, stores.copy] { try await CopiedIdentity.checkDelivery(on: store) }
    }

    /// An id that a client made, and its submit.
    private static let known: NewJob = {
        var job = NewJob(type: "known", payload: JSONText(trusted: #"{"a":1.00}"#))
        job.id = JobID("01890000-0000-7000-8000-000000000001")
        job.uniqueKey = "only"
        job.metadata = JSONText(trusted: #"{"tags":["blue","a \"b\" {c}"]}"#)
        return job
    }()

    /// A submit that was answered with the known job, as that has the unique key.
    private static let answered: NewJob = {
        var job = known
        job.id = JobID("01890000-0000-7000-8000-000000000002")
        return job
    }()

    private func fill(_ store: any Store, _ clock: ManualClock) async throws {
        _ = try await JobHistory(seed: seed, steps: 300).play(by: clock, on: store)
        _ = try await store.insert([Self.known, Self.answered], scope: .default)
        try await store.configure(queue: "odd", .pause(by: "someone", reason: "a \"reason\""))
        try await store.configure(queue: "odd", .concurrency(3))
        try await store.configure(queue: "odd", .rateLimit(RateLimit(count: 5, per: .seconds(60))))
        try await store.configure(queue: "odd", .overrideRateLimit(RateLimit(count: 7, per: .seconds(30))))
        try await CopiedFiles(store, clock).fill()
        try await CopiedIdentity(store, clock).fill()
    }

    /// The submits of the known job are answered as they were before, and a new one gets a number of its own.
    private func checkReplay(on copy: any Store, original: any Store) async throws {
        let replayed = try #require(try await copy.insert([Self.known], scope: .default).first)
        let expected = try #require(try await original.insert([Self.known], scope: .default).first)
        #expect(replayed == expected && replayed.outcome == .replayed)
        for store in [original, copy] {
            let again = try #require(try await store.insert([Self.answered], scope: .default).first)
            #expect(again.id == Self.known.id && again.outcome == .replayed && again.firstOutcome == .existing)
        }
        var second = Self.known
        second.id = nil
        let existing = try #require(try await copy.insert([second], scope: .default).first)
        #expect(existing.outcome == .existing && existing.id == replayed.id)
        let newest = try await copy.jobs(JobFilter(), page: PageRequest(limit: 1), scope: .system).jobs.first?.number
        var numbers: [Int64] = []
        for store in [original, copy] {
            numbers.append(try #require(try await store.insert([NewJob(type: "new")], scope: .default).first).number)
        }
        #expect(numbers[0] == numbers[1] && numbers[1] > newest ?? 0)
        // Ids are random, and the comparison that follows looks at them.
        for store in [original, copy] {
            _ = try await store.cancel(.number(numbers[0]), reason: nil, scope: .system)
            try await store.delete(.number(numbers[0]), scope: .system)
        }
    }

    /// Completes everything that workers can run.
    private func runAll(on store: any Store) async throws {
        for queue in try await store.queues(scope: .system) {
            try await store.configure(queue: queue.name, .resume)
            try await store.configure(queue: queue.name, .concurrency(nil))
            try await store.configure(queue: queue.name, [.rateLimit(nil), .overrideRateLimit(nil)], ifRev: nil)
        }
        let types = try await store.counts(by: .type, projectId: nil, scope: .system).keys.sorted()
        let request = ClaimRequest(worker: "w", types: types, limit: 100, lease: .seconds(30))
        while true {
            _ = try await store.reap(limit: 500)
            let claimed = try await store.claim(request).jobs
            if claimed.isEmpty { break }
            let results = try await store.settle(
                claimed.map { Settlement(lease: $0.lease, outcome: .complete(JobResult())) }
            )
            #expect(results.allSatisfy { $0 == .applied(.completed) })
        }
        var page = PageRequest(limit: 1000)
        repeat {
            let found = try await store.jobs(JobFilter(), page: page, scope: .system)
            for job in found.jobs where job.tracking == nil && job.blockedBy == 0 && job.runAt <= job.updatedAt {
                #expect(job.status.isTerminal, "job #\(job.number) did not run")
            }
            page.before = found.next
        } while page.before != nil
    }
}
