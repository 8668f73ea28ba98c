import Errand
import FoundationEssentials
import Synchronization

/// A store whose calls a test can watch, delay, answer and make fail.
final class TappedStore: JobStore {
    struct Taps {
        var claim: (@Sendable (ClaimRequest) async throws(JobStoreError) -> Void)?
        var claimed: (@Sendable (Claim) -> Void)?
        var report: (@Sendable ([RunReport]) async throws(JobStoreError) -> Void)?
        var settle: (@Sendable ([Settlement]) async throws(JobStoreError) -> Void)?
        var renew: (@Sendable ([JobLease]) async throws(JobStoreError) -> [LeaseRenewal]?)?
        var announce: (@Sendable (WorkerAnnouncement) async throws(JobStoreError) -> Void)?
        var announced: (@Sendable () -> Void)?
        var prune: (@Sendable ([String]) -> PruneResult)?
        var changes: (@Sendable (ChangeInterest) -> StoreChangeStream)?
    }

    let base: any JobStore
    let taps = Mutex(Taps())

    init(_ base: any JobStore) { self.base = base }

    func tap(_ change: (inout Taps) -> Void) { taps.withLock { change(&$0) } }

    func claim(_ request: ClaimRequest) async throws(JobStoreError) -> Claim {
        let (before, after) = taps.withLock { ($0.claim, $0.claimed) }
        try await before?(request)
        let claim = try await base.claim(request)
        after?(claim)
        return claim
    }

    func renew(_ leases: [JobLease], for duration: Duration) async throws(JobStoreError) -> [LeaseRenewal] {
        let tap = taps.withLock { $0.renew }
        if let answer = try await tap?(leases) { return answer }
        return try await base.renew(leases, for: duration)
    }

    func report(_ reports: [RunReport]) async throws(JobStoreError) -> [WriteResult] {
        let tap = taps.withLock { $0.report }
        try await tap?(reports)
        return try await base.report(reports)
    }

    func settle(_ settlements: [Settlement]) async throws(JobStoreError) -> [SettleResult] {
        let tap = taps.withLock { $0.settle }
        try await tap?(settlements)
        return try await base.settle(settlements)
    }

    func prune(limit: Int, deletedFiles: [String]) async throws(JobStoreError) -> PruneResult {
        if let tap = taps.withLock({ $0.prune }) { return tap(deletedFiles) }
        return try await base.prune(limit: limit, deletedFiles: deletedFiles)
    }

    func changes(_ interest: ChangeInterest) -> StoreChangeStream {
        taps.withLock { $0.changes }?(interest) ?? base.changes(interest)
    }
}

// Passed on as they are.
extension TappedStore {
    func migrate() async throws(JobStoreError) { try await base.migrate() }

    func insert(_ jobs: [NewJob], scope: Scope) async throws(JobStoreError) -> [InsertedJob] {
        try await base.insert(jobs, scope: scope)
    }

    func update(_ job: JobReference, with update: TrackedUpdate, scope: Scope) async throws(JobStoreError) -> Job {
        try await base.update(job, with: update, scope: scope)
    }

    func cancel(
        _ job: JobReference,
        reason: String?,
        ifRev: Set<Int64>?,
        scope: Scope
    ) async throws(JobStoreError) -> Job {
        try await base.cancel(job, reason: reason, ifRev: ifRev, scope: scope)
    }

    func retry(
        _ job: JobReference,
        runAt: Moment?,
        ifRev: Set<Int64>?,
        together: Set<JobID>,
        scope: Scope
    ) async throws(JobStoreError) -> Job {
        try await base.retry(job, runAt: runAt, ifRev: ifRev, together: together, scope: scope)
    }

    func amend(
        _ job: JobReference,
        with amendment: JobAmendment,
        ifRev: Set<Int64>?,
        scope: Scope
    ) async throws(JobStoreError) -> Job {
        try await base.amend(job, with: amendment, ifRev: ifRev, scope: scope)
    }

    func delete(_ job: JobReference, ifRev: Set<Int64>?, scope: Scope) async throws(JobStoreError) {
        try await base.delete(job, ifRev: ifRev, scope: scope)
    }

    func dependencies(_ job: JobReference, scope: Scope) async throws(JobStoreError) -> [JobDependency] {
        try await base.dependencies(job, scope: scope)
    }

    func job(_ job: JobReference, scope: Scope) async throws(JobStoreError) -> Job {
        try await base.job(job, scope: scope)
    }

    func jobs(_ filter: JobFilter, page: PageRequest, scope: Scope) async throws(JobStoreError) -> JobPage {
        try await base.jobs(filter, page: page, scope: scope)
    }

    func count(_ filter: JobFilter, upTo limit: Int?, scope: Scope) async throws(JobStoreError) -> Int {
        try await base.count(filter, upTo: limit, scope: scope)
    }

    func counts(
        by grouping: JobGrouping,
        projectId: Name?,
        scope: Scope
    ) async throws(JobStoreError) -> [Name: StatusCounts] {
        try await base.counts(by: grouping, projectId: projectId, scope: scope)
    }

    func logs(
        _ job: JobReference,
        after: Int64,
        limit: Int,
        scope: Scope
    ) async throws(JobStoreError) -> [StoredLogLine] {
        try await base.logs(job, after: after, limit: limit, scope: scope)
    }

    func files(_ job: JobReference, scope: Scope) async throws(JobStoreError) -> [JobFile] {
        try await base.files(job, scope: scope)
    }

    func queues(scope: Scope) async throws(JobStoreError) -> [QueueState] { try await base.queues(scope: scope) }

    func configure(queue: Name, _ changes: [QueueChange], ifRev: Set<Int64>?) async throws(JobStoreError) {
        try await base.configure(queue: queue, changes, ifRev: ifRev)
    }

    func delete(queue: Name) async throws(JobStoreError) { try await base.delete(queue: queue) }

    func want(_ state: WantedState, ofWorker id: Name) async throws(JobStoreError) {
        try await base.want(state, ofWorker: id)
    }

    func announce(_ worker: WorkerAnnouncement) async throws(JobStoreError) -> WantedState {
        let (before, after) = taps.withLock { ($0.announce, $0.announced) }
        try await before?(worker)
        let wanted = try await base.announce(worker)
        after?()
        return wanted
    }

    func withdraw(worker id: Name) async throws(JobStoreError) { try await base.withdraw(worker: id) }

    func workers(scope: Scope) async throws(JobStoreError) -> [LiveWorker] { try await base.workers(scope: scope) }

    func reap(limit: Int) async throws(JobStoreError) -> Int { try await base.reap(limit: limit) }
}
