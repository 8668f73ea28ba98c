#if Postgres
import Errand
import ErrandTesting
import FoundationEssentials

@testable import ErrandPostgres

/// One of the operations that are played at the same time.
struct ContendedOperation: Sendable {
    /// What came of it, as far as later operations need it.
    struct Outcome: Sendable {
        var jobs: [JobID] = []
        var leases: [JobLease] = []
    }

    let name: String
    let perform: @Sendable (PostgresJobStore) async throws -> Outcome

    init(_ name: String, _ perform: @escaping @Sendable (PostgresJobStore) async throws -> Outcome) {
        (self.name, self.perform) = (name, perform)
    }

    /// One of which nothing is needed later.
    init(_ name: String, doing perform: @escaping @Sendable (PostgresJobStore) async throws -> Void) {
        self.init(name) { store in
            try await perform(store)
            return Outcome()
        }
    }
}

/// Few jobs, keys and queues, and operations that are drawn to meet there.
struct Contention: Sendable {
    static let queues: [Name] = ["x", "y", "z"]
    static let types: [Name] = ["a", "b"]
    static let keys = (0..<8).map { Name("k\($0)") }

    var random: SeededRandom
    let ids: JobIDGenerator
    /// The youngest last.
    private(set) var jobs: [JobID] = []
    private(set) var leases: [JobLease] = []
    var uploads: [Upload] = []
    /// Ids that are given to new jobs, by several operations at once.
    private var offered: [JobID] = []

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        ids = JobIDGenerator(random: SeededRandom(seed: seed ^ 0x5A5A))
    }

    /// Remembers what came of an operation, and forgets what is old.
    mutating func note(_ outcome: ContendedOperation.Outcome) {
        for job in outcome.jobs where !jobs.contains(job) { jobs.append(job) }
        jobs.removeFirst(max(0, jobs.count - 24))
        leases.append(contentsOf: outcome.leases)
        leases.removeFirst(max(0, leases.count - 16))
    }

    /// Operations for one moment.
    mutating func draw(_ count: Int) -> [ContendedOperation] {
        offered = (0..<4).map { _ in ids.next(at: .now) }
        return (0..<count).map { _ in next() }
    }

    mutating func next() -> ContendedOperation {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<24: submit()
        case 24..<34: claim()
        case 34..<50: settle()
        case 50..<56: settleAndClaim()
        case 56..<65: cancel()
        case 65..<75: retry()
        case 75..<79: amend()
        case 79..<82: delete()
        case 82..<86: report()
        case 86..<89: renew()
        case 89..<92: ContendedOperation("reap") { store in _ = try await store.reap(limit: 20) }
        case 92..<95: prune()
        case 95..<97: configure()
        default: update()
        }
    }

    mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &random) < probability }

    mutating func some<Element>(_ elements: [Element], upTo count: Int) -> [Element] {
        Array(elements.shuffled(using: &random).prefix(Int.random(in: 0...count, using: &random)))
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element? { elements.randomElement(using: &random) }

    /// A job of which something may be asked that is about one.
    mutating func reference() -> JobReference { .id(pick(jobs) ?? ids.next(at: .now)) }

    // MARK: - Submitting

    /// Keys, identifiers and uploads come in any order, and so do the jobs that are waited for.
    private mutating func submit() -> ContendedOperation {
        let batch = newJobs(upTo: 10)
        return ContendedOperation("submit \(batch.count)") { store in
            ContendedOperation.Outcome(jobs: try await store.insert(batch, scope: .default).map(\.id))
        }
    }

    mutating func newJobs(upTo count: Int) -> [NewJob] {
        var keys = Self.keys.shuffled(using: &random)
        var offered = offered.shuffled(using: &random)
        return (0..<Int.random(in: 1...count, using: &random)).map { _ in
            var job = NewJob(type: pick(Self.types) ?? "a", queue: pick(Self.queues) ?? "x")
            if chance(0.6) { job.uniqueKey = keys.popLast() }
            job.onConflict = pick([.return, .return, .replace]) ?? .return
            if chance(0.2) { job.id = offered.popLast() }
            if chance(0.5) { job.after = some(jobs, upTo: 3) }
            if chance(0.2) { job.uploads = some(uploads.map(\.id), upTo: 3) }
            // Pruned as soon as it has ended.
            if chance(0.3) { job.recordExpiresAt = 1 }
            if chance(0.1) { job.tracking = Tracking(staleAfterSeconds: 3600) }
            job.maxAttempts = 2
            return job
        }
    }

    // MARK: - Queues

    private mutating func claim() -> ContendedOperation {
        let request = claimRequest()
        return ContendedOperation("claim") { store in
            ContendedOperation.Outcome(leases: try await store.claim(request).jobs.map(\.lease))
        }
    }

    private mutating func claimRequest() -> ClaimRequest {
        var request = ClaimRequest(worker: "w", types: Self.types, limit: 6, lease: .seconds(60))
        if chance(0.3) { request.queues = some(Self.queues, upTo: 2) }
        if chance(0.3) { request.runningJobsPerTenant = 100 }
        return request
    }

    private mutating func configure() -> ContendedOperation {
        let queue = pick(Self.queues) ?? "x"
        let rate = RateLimit(count: 1000, per: .seconds(1))
        let changes: [QueueChange] = [
            .concurrency(chance(0.5) ? nil : 20), .rateLimit(chance(0.5) ? nil : rate),
        ]
        return ContendedOperation("configure") { store in try await store.configure(queue: queue, changes, ifRev: nil) }
    }

    // MARK: - Ends

    private mutating func settle() -> ContendedOperation {
        let ends = settlements()
        return ContendedOperation("settle \(ends.count)") { store in _ = try await store.settle(ends) }
    }

    private mutating func settleAndClaim() -> ContendedOperation {
        let (ends, request) = (settlements(), claimRequest())
        return ContendedOperation("settle \(ends.count) and claim") { store in
            let both = try await store.settle(ends, thenClaim: request)
            return ContendedOperation.Outcome(leases: try both.claim.get().jobs.map(\.lease))
        }
    }

    private mutating func settlements() -> [Settlement] {
        some(leases, upTo: 8).map { lease in
            var settlement = Settlement(lease: lease, outcome: outcome())
            if chance(0.2) { settlement.followUps = newJobs(upTo: 3) }
            return settlement
        }
    }

    private mutating func outcome() -> Settlement.Outcome {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4: return .complete(JobResult())
        case 4:
            let files = some(uploads, upTo: 3).enumerated().map { place, upload in
                JobFile(name: "f\(place)", key: upload.key, size: 1, sha256: "", contentType: "text/plain")
            }
            return .complete(JobResult(files: files))
        case 5..<8: return .fail(JobFailure(code: "no", message: "No."), retryAfter: nil)
        case 8: return .fail(JobFailure(code: "no", message: "No."), retryAfter: .zero)
        default: return .release(after: .zero)
        }
    }

    // MARK: - Runs

    private mutating func report() -> ContendedOperation {
        let reports = some(leases, upTo: 8).map { lease in
            var report = RunReport(lease: lease)
            report.progress = 5
            return report
        }
        return ContendedOperation("report") { store in _ = try await store.report(reports) }
    }

    private mutating func renew() -> ContendedOperation {
        let leases = some(leases, upTo: 8)
        return ContendedOperation("renew") { store in _ = try await store.renew(leases, for: .seconds(60)) }
    }
}

// What is asked of one job, and of none.
extension Contention {
    fileprivate mutating func cancel() -> ContendedOperation {
        let job = reference()
        return ContendedOperation("cancel") { store in
            _ = try await store.cancel(job, reason: nil, ifRev: nil, scope: .default)
        }
    }

    fileprivate mutating func retry() -> ContendedOperation {
        let job = reference()
        return ContendedOperation("retry") { store in
            _ = try await store.retry(job, runAt: nil, ifRev: nil, scope: .default)
        }
    }

    fileprivate mutating func amend() -> ContendedOperation {
        let job = reference()
        var amendment = JobAmendment()
        (amendment.queue, amendment.priority) = (pick(Self.queues), 1)
        return ContendedOperation("amend") { [amendment] store in
            _ = try await store.amend(job, with: amendment, ifRev: nil, scope: .default)
        }
    }

    fileprivate mutating func delete() -> ContendedOperation {
        let job = reference()
        return ContendedOperation("delete") { store in try await store.delete(job, ifRev: nil, scope: .default) }
    }

    fileprivate mutating func update() -> ContendedOperation {
        let job = reference()
        var update = TrackedUpdate()
        if chance(0.5) { update.failure = JobFailure(code: "no", message: "No.") } else { update.progress = 7 }
        return ContendedOperation("update") { [update] store in
            _ = try await store.update(job, with: update, scope: .default)
        }
    }

    fileprivate mutating func prune() -> ContendedOperation {
        let deleted = some(uploads.map(\.key), upTo: 2)
        return ContendedOperation("prune") { store in _ = try await store.prune(limit: 20, deletedFiles: deleted) }
    }
}
#endif
