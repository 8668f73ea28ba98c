import Errand
import FoundationEssentials
import Testing

// The steps that checks are made of.
extension JobStoreUnderTest {
    func submit(
        _ type: Name = "work",
        scope: Scope = .default,
        _ change: (inout NewJob) -> Void = { _ in }
    ) async throws -> InsertedJob {
        var job = NewJob(type: type)
        change(&job)
        return try #require(try await store.insert([job], scope: scope).first)
    }

    func track(_ change: (inout NewJob) -> Void = { _ in }) async throws -> InsertedJob {
        try await submit("tracked") { job in
            job.tracking = Tracking()
            change(&job)
        }
    }

    func request(
        _ limit: Int = 1,
        types: [Name] = ["work"],
        queues: [Name]? = nil,
        lease: Duration = .seconds(30)
    ) -> ClaimRequest {
        ClaimRequest(worker: "w1", queues: queues, types: types, limit: limit, lease: lease)
    }

    func claim(
        _ limit: Int = 1,
        types: [Name] = ["work"],
        queues: [Name]? = nil,
        lease: Duration = .seconds(30)
    ) async throws -> [ClaimedJob] {
        try await store.claim(request(limit, types: types, queues: queues, lease: lease)).jobs
    }

    /// Claims the one job there is to claim.
    func claimOne(lease: Duration = .seconds(30)) async throws -> JobLease {
        try #require(try await claim(lease: lease).first).lease
    }

    /// Submits a job and claims it.
    func run(
        scope: Scope = .default,
        lease: Duration = .seconds(30),
        _ change: (inout NewJob) -> Void = { _ in }
    ) async throws -> JobLease {
        _ = try await submit(scope: scope, change)
        return try await claimOne(lease: lease)
    }

    @discardableResult
    func settle(_ lease: JobLease, _ outcome: Settlement.Outcome) async throws -> SettleResult {
        try await settle(Settlement(lease: lease, outcome: outcome))
    }

    @discardableResult
    func settle(_ settlement: Settlement) async throws -> SettleResult {
        try #require(try await store.settle([settlement]).first)
    }

    @discardableResult
    func complete(_ lease: JobLease) async throws -> SettleResult {
        try await settle(lease, .complete(JobResult()))
    }

    @discardableResult
    func fail(_ lease: JobLease, retryAfter: Duration? = nil) async throws -> SettleResult {
        try await settle(lease, .fail(JobFailure(code: "broken", message: "It broke."), retryAfter: retryAfter))
    }

    @discardableResult
    func report(_ lease: JobLease, _ change: (inout RunReport) -> Void = { _ in }) async throws -> WriteResult {
        var report = RunReport(lease: lease)
        change(&report)
        return try #require(try await store.report([report]).first)
    }

    func renew(_ lease: JobLease, for duration: Duration = .seconds(30)) async throws -> LeaseRenewal {
        try #require(try await store.renew([lease], for: duration).first)
    }

    @discardableResult
    func update(_ id: JobID, _ change: (inout TrackedUpdate) -> Void) async throws -> Job {
        var update = TrackedUpdate()
        change(&update)
        return try await store.update(.id(id), with: update, scope: .system)
    }

    @discardableResult
    func cancel(_ id: JobID, reason: String? = nil) async throws -> Job {
        try await store.cancel(.id(id), reason: reason, scope: .system)
    }

    @discardableResult
    func retry(_ id: JobID, runAt: Moment? = nil) async throws -> Job {
        try await store.retry(.id(id), runAt: runAt, scope: .system)
    }

    @discardableResult
    func amend(_ id: JobID, _ change: (inout JobAmendment) -> Void) async throws -> Job {
        var amendment = JobAmendment()
        change(&amendment)
        return try await store.amend(.id(id), with: amendment, ifRev: nil, scope: .system)
    }

    func read(_ id: JobID) async throws -> Job { try await store.job(.id(id), scope: .system) }

    func prune(deletedFiles: [String] = []) async throws -> PruneResult {
        try await store.prune(limit: 1000, deletedFiles: deletedFiles)
    }

    /// Whether a time the store wrote is the present.
    func isNow(_ date: Date?) async throws -> Bool {
        guard let date else { return false }
        return abs(date.timeIntervalSince(try await now())) <= tolerance.seconds
    }

    /// The wall clock plus a duration.
    func date(in duration: Duration) async throws -> Date { try await now() + duration.seconds }
}

/// Records an issue unless the body throws a store error of the code, with the pointer and status where they are given.
func expect(
    _ code: JobStoreError.Code,
    pointer: String? = nil,
    status: JobStatus? = nil,
    at location: SourceLocation = #_sourceLocation,
    when body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("nothing was thrown where \(code) was expected", sourceLocation: location)
    } catch let error as JobStoreError {
        #expect(error.code == code, "\(error)", sourceLocation: location)
        if let pointer { #expect(error.pointer == pointer, "\(error)", sourceLocation: location) }
        if let status { #expect(error.currentStatus == status, "\(error)", sourceLocation: location) }
    } catch {
        Issue.record(error, sourceLocation: location)
    }
}

extension JSONText {
    /// JSON that the checks write themselves.
    static func checked(_ text: String) -> JSONText { JSONText(trusted: text) }
}
