#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import Synchronization

/// A store in memory that can be told to fail, or to show certain jobs.
final class ScriptedStore: JobStore, UploadStore, APIKeyStore, AuditStore, WebhookStore, WriteProbing {
    struct Script {
        /// Thrown by every call.
        var failure: JobStoreError?
        /// Thrown by probes of writes alone.
        var writeFailure: JobStoreError?
        /// Shown instead of what is stored.
        var jobs: [Job]?
        /// Answered instead of counting.
        var counts: [Name: StatusCounts]?
    }

    let script = Mutex(Script())
    private let base: MemoryJobStore

    init(_ base: MemoryJobStore) { self.base = base }

    func fail(_ code: JobStoreError.Code) {
        script.withLock { $0.failure = JobStoreError(code, "secret: /var/lib/errand.db") }
    }

    private func check() throws(JobStoreError) {
        if let failure = script.withLock({ $0.failure }) { throw failure }
    }

    func migrate() async throws(JobStoreError) { try check() }

    func insert(_ jobs: [NewJob], scope: Scope) async throws(JobStoreError) -> [InsertedJob] {
        try check()
        return try await base.insert(jobs, scope: scope)
    }

    func claim(_ request: ClaimRequest) async throws(JobStoreError) -> Claim { try await base.claim(request) }

    func renew(_ leases: [JobLease], for duration: Duration) async throws(JobStoreError) -> [LeaseRenewal] {
        try await base.renew(leases, for: duration)
    }

    func report(_ reports: [RunReport]) async throws(JobStoreError) -> [WriteResult] { try await base.report(reports) }

    func settle(_ settlements: [Settlement]) async throws(JobStoreError) -> [SettleResult] {
        try await base.settle(settlements)
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
        try check()
        if let job = script.withLock({ $0.jobs?.first }) { return job }
        return try await base.cancel(job, reason: reason, ifRev: ifRev, scope: scope)
    }

    func retry(
        _ job: JobReference,
        runAt: Moment?,
        ifRev: Set<Int64>?,
        together: Set<JobID>,
        scope: Scope
    ) async throws(JobStoreError) -> Job {
        try check()
        if let job = script.withLock({ $0.jobs?.first }) { return job }
        return try await base.retry(job, runAt: runAt, ifRev: ifRev, together: together, scope: scope)
    }

    func amend(
        _ job: JobReference,
        with amendment: JobAmendment,
        ifRev: Set<Int64>?,
        scope: Scope
    ) async throws(JobStoreError) -> Job {
        try check()
        return try await base.amend(job, with: amendment, ifRev: ifRev, scope: scope)
    }

    func delete(_ job: JobReference, ifRev: Set<Int64>?, scope: Scope) async throws(JobStoreError) {
        try check()
        try await base.delete(job, ifRev: ifRev, scope: scope)
    }

    func dependencies(_ job: JobReference, scope: Scope) async throws(JobStoreError) -> [JobDependency] {
        try check()
        return try await base.dependencies(job, scope: scope)
    }

    func job(_ job: JobReference, scope: Scope) async throws(JobStoreError) -> Job {
        try check()
        if let job = script.withLock({ $0.jobs?.first }) { return job }
        return try await base.job(job, scope: scope)
    }

    func jobs(_ filter: JobFilter, page: PageRequest, scope: Scope) async throws(JobStoreError) -> JobPage {
        try check()
        if let jobs = script.withLock({ $0.jobs }) { return JobPage(jobs: jobs, next: nil) }
        return try await base.jobs(filter, page: page, scope: scope)
    }

    func count(_ filter: JobFilter, upTo limit: Int?, scope: Scope) async throws(JobStoreError) -> Int {
        try await base.count(filter, upTo: limit, scope: scope)
    }

    func counts(
        by grouping: JobGrouping,
        projectId: Name?,
        scope: Scope
    ) async throws(JobStoreError) -> [Name: StatusCounts] {
        try check()
        if let counts = script.withLock({ $0.counts }) { return counts }
        return try await base.counts(by: grouping, projectId: projectId, scope: scope)
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

    func queues(scope: Scope) async throws(JobStoreError) -> [QueueState] {
        try check()
        return try await base.queues(scope: scope)
    }

    func configure(queue: Name, _ changes: [QueueChange], ifRev: Set<Int64>?) async throws(JobStoreError) {
        try await base.configure(queue: queue, changes, ifRev: ifRev)
    }

    func want(_ state: WantedState, ofWorker id: Name) async throws(JobStoreError) {
        try await base.want(state, ofWorker: id)
    }

    func announce(_ worker: WorkerAnnouncement) async throws(JobStoreError) -> WantedState {
        try await base.announce(worker)
    }

    func withdraw(worker id: Name) async throws(JobStoreError) { try await base.withdraw(worker: id) }

    func workers(scope: Scope) async throws(JobStoreError) -> [LiveWorker] {
        try check()
        return try await base.workers(scope: scope)
    }

    func reap(limit: Int) async throws(JobStoreError) -> Int { try await base.reap(limit: limit) }

    func prune(limit: Int, deletedFiles: [String]) async throws(JobStoreError) -> PruneResult {
        try await base.prune(limit: limit, deletedFiles: deletedFiles)
    }

    func changes(_ interest: ChangeInterest) -> StoreChangeStream { base.changes(interest) }

    func changes(of watched: WatchedJobs) -> StoreChangeStream { base.changes(of: watched) }

    func insert(_ upload: Upload, scope: Scope) async throws(JobStoreError) {
        try check()
        try await base.insert(upload, scope: scope)
    }

    func upload(_ id: JobID, scope: Scope) async throws(JobStoreError) -> Upload {
        try await base.upload(id, scope: scope)
    }

    func uploadedBytes(scope: Scope) async throws(JobStoreError) -> Int64 {
        try await base.uploadedBytes(scope: scope)
    }

    func append(_ entry: AuditEntry) async throws(JobStoreError) { try await base.append(entry) }

    func audit(
        _ filter: AuditFilter,
        page: PageRequest,
        scope: Scope
    ) async throws(JobStoreError) -> [AuditEntry] {
        try await base.audit(filter, page: page, scope: scope)
    }

    func insert(_ key: APIKey) async throws(JobStoreError) { try await base.insert(key) }

    func apiKey(prefix: String) async throws(JobStoreError) -> APIKey? {
        try check()
        return try await base.apiKey(prefix: prefix)
    }

    func insert(_ webhook: Webhook) async throws(JobStoreError) { try await base.insert(webhook) }

    func webhooks(scope: Scope) async throws(JobStoreError) -> [Webhook] { try await base.webhooks(scope: scope) }

    func webhook(_ id: JobID, scope: Scope) async throws(JobStoreError) -> Webhook {
        try await base.webhook(id, scope: scope)
    }

    func update(_ id: JobID, _ change: WebhookChange, scope: Scope) async throws(JobStoreError) -> Webhook {
        try check()
        return try await base.update(id, change, scope: scope)
    }

    func probeWrite() async throws {
        try check()
        if let failure = script.withLock({ $0.writeFailure }) { throw failure }
    }

    func delete(queue: Name) async throws(JobStoreError) { try await base.delete(queue: queue) }

    func webhook(of job: Job) async throws(JobStoreError) -> Webhook? { try await base.webhook(of: job) }

    func deleteWebhook(_ id: JobID, scope: Scope) async throws(JobStoreError) {
        try await base.deleteWebhook(id, scope: scope)
    }

    func apiKey(id: JobID) async throws(JobStoreError) -> APIKey? {
        try check()
        return try await base.apiKey(id: id)
    }

    func spend(token id: String, until: Date) async throws(JobStoreError) -> Bool {
        try await base.spend(token: id, until: until)
    }

    func isSpent(token id: String) async throws(JobStoreError) -> Bool { try await base.isSpent(token: id) }

    func apiKeys(scope: Scope) async throws(JobStoreError) -> [APIKey] { try await base.apiKeys(scope: scope) }

    func revokeAPIKey(_ id: JobID, scope: Scope) async throws(JobStoreError) -> APIKey {
        try await base.revokeAPIKey(id, scope: scope)
    }

    func noteUse(ofAPIKey id: JobID, at time: Date) async throws(JobStoreError) {
        try await base.noteUse(ofAPIKey: id, at: time)
    }
}
#endif
