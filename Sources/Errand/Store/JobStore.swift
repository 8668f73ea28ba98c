/// Where jobs are kept; the one truth about them.
///
/// Each method is a state transition or a question, and takes a scope or a fence. A transition is durable when the
/// method returns and has not happened when it throws, ``JobStoreError/Code/unavailable`` apart, after which a caller
/// asks again. ``Job/applying(_:at:rules:)`` says what each transition does; `ErrandTesting` has the checks that hold a
/// store to it.
///
/// Stores must allow every method to be called concurrently, and must not abandon a write because the task that asked
/// for it was cancelled.
public protocol JobStore: Sendable {
    /// Brings the schema up to date; safe to call from several processes at once.
    func migrate() async throws(JobStoreError)

    /// Stores jobs under the scope's tenant as `Queued` (tracked ones as `Queued` or `Running`): all of them or, when
    /// one is refused, none.
    ///
    /// Replays of client-made ids and unique keys are decided here. The answers are in the order of the jobs; a
    /// refusal's pointer starts with the job's index, as in `/3/type`.
    func insert(_ jobs: [NewJob], scope: Scope) async throws(JobStoreError) -> [InsertedJob]

    /// Moves up to `limit` claimable jobs from `Queued` to `Running` under a lease.
    ///
    /// Takes only what can run now: due, not blocked, of a known type, in a queue that is not paused and within its
    /// limits (for the rate limit see ``RateWindow``). Within a tenant the order is priority, `runAt`, number; within a
    /// queue claims rotate over the tenants with work.
    func claim(_ request: ClaimRequest) async throws(JobStoreError) -> Claim

    /// Claims as ``claim(_:)`` does, but waits while there is nothing.
    ///
    /// The wait ends with jobs as soon as something made them claimable; without jobs when the task is cancelled, or
    /// when there is a sooner ``Claim/nextDue`` than before. It looks at what changes and not at the clock: a job that
    /// falls due, or that a window's end sets free, is for the caller to claim, at the time that a claim's answer says.
    func claimWhenReady(_ request: ClaimRequest) async throws(JobStoreError) -> Claim

    /// Settles runs and claims, in one commit or at the same time where the store can do that.
    ///
    /// What only the settling makes claimable may wait for the next claim, of which subscribers are told.
    ///
    /// - Throws: What ``settle(_:)`` throws; nothing was claimed then. What only one of the two throws while the other
    ///   was done is in the answer.
    func settle(
        _ settlements: [Settlement],
        thenClaim request: ClaimRequest
    ) async throws(JobStoreError) -> SettleAndClaim

    /// Prolongs leases to the duration from now, on the store's steady clock; answers in the order of the leases.
    ///
    /// Runs wholly on the caller's executor: a busy global pool must not delay it.
    func renew(_ leases: [JobLease], for duration: Duration) async throws(JobStoreError) -> [LeaseRenewal]

    /// Writes what runs report; each report is checked against its fence on its own.
    func report(_ reports: [RunReport]) async throws(JobStoreError) -> [WriteResult]

    /// Moves running jobs to their end, or back to `Queued`; each is checked against its fence and status on its own.
    func settle(_ settlements: [Settlement]) async throws(JobStoreError) -> [SettleResult]

    /// Writes what something else reports on a tracked job; refuses worker jobs and illegal moves with `conflict`.
    func update(_ job: JobReference, with update: TrackedUpdate, scope: Scope) async throws(JobStoreError) -> Job

    /// Moves a `Queued` or `Running` job to `Cancelled`, at once and finally; others are refused with `conflict`.
    ///
    /// This, and the three that follow, are refused with `outdated` where revisions are given and the job's is none of
    /// them; what decides is the revision in the transaction itself.
    func cancel(
        _ job: JobReference,
        reason: String?,
        ifRev: Set<Int64>?,
        scope: Scope
    ) async throws(JobStoreError) -> Job

    /// Moves a `Failed` or `Cancelled` job to `Queued` for a new life; others are refused with `conflict`.
    ///
    /// It waits for every job in `after` that is not completed. One that failed or was cancelled is passed over, unless
    /// it was retried together with this one and has ended so again: that cancels the job as soon as it is retried.
    ///
    /// - Parameters:
    ///   - job: Which one.
    ///   - runAt: Not to be run before; at once when nil.
    ///   - ifRev: The revisions it may be at.
    ///   - together: Which of the jobs in `after` were retried together with this one, before it.
    ///   - scope: Who asks.
    /// - Returns: The job in its new life.
    /// - Throws: `conflict`, `uniqueConflict`, `outdated`, `notFound`, `gone`, or the store's own troubles.
    func retry(
        _ job: JobReference,
        runAt: Moment?,
        ifRev: Set<Int64>?,
        together: Set<JobID>,
        scope: Scope
    ) async throws(JobStoreError) -> Job

    /// Changes how a `Queued` job waits; others are refused with `conflict`.
    func amend(
        _ job: JobReference,
        with amendment: JobAmendment,
        ifRev: Set<Int64>?,
        scope: Scope
    ) async throws(JobStoreError) -> Job

    /// Deletes an ended job, its log and its files; others are refused with `conflict`.
    ///
    /// The id answers `gone` for a day.
    func delete(_ job: JobReference, ifRev: Set<Int64>?, scope: Scope) async throws(JobStoreError)

    /// Reads one job; throws `notFound` or `gone`.
    func job(_ job: JobReference, scope: Scope) async throws(JobStoreError) -> Job

    /// Says of each job in `after`, in that order, whether the job waits for it; throws `notFound` or `gone`.
    func dependencies(_ job: JobReference, scope: Scope) async throws(JobStoreError) -> [JobDependency]

    /// Lists jobs, newest first unless the page says otherwise.
    func jobs(_ filter: JobFilter, page: PageRequest, scope: Scope) async throws(JobStoreError) -> JobPage

    /// Counts the jobs of a list, all at one moment; stops at a limit where one is given.
    func count(_ filter: JobFilter, upTo limit: Int?, scope: Scope) async throws(JobStoreError) -> Int

    /// Counts jobs by status within each group, of one project or of all the scope shows.
    func counts(
        by grouping: JobGrouping,
        projectId: Name?,
        scope: Scope
    ) async throws(JobStoreError) -> [Name: StatusCounts]

    /// Reads a job's log lines after a sequence number, oldest first, at most `limit` of them.
    func logs(
        _ job: JobReference,
        after: Int64,
        limit: Int,
        scope: Scope
    ) async throws(JobStoreError) -> [StoredLogLine]

    /// Lists the files that a job made, by name.
    func files(_ job: JobReference, scope: Scope) async throws(JobStoreError) -> [JobFile]

    /// Lists the queues that have a setting or a job of the scope, by name.
    func queues(scope: Scope) async throws(JobStoreError) -> [QueueState]

    /// Changes a queue's settings, all or none of them, making it known if it is new.
    ///
    /// Refused with `outdated` where revisions are given and the queue's is none of them.
    func configure(queue: Name, _ changes: [QueueChange], ifRev: Set<Int64>?) async throws(JobStoreError)

    /// Forgets a queue without jobs, with all that was set about it; a later submit or setting makes it known again.
    ///
    /// Refused with `notFound` where nothing of the name is known, with `conflict` while it has jobs, ended ones too.
    func delete(queue: Name) async throws(JobStoreError)

    /// Makes a worker known, or what it says of itself now; it is listed until it withdraws or has long been silent.
    ///
    /// Runs wholly on the caller's executor, as ``renew(_:for:)`` does: it is part of the heartbeat.
    ///
    /// - Returns: What an operator wants of the worker.
    @discardableResult
    func announce(_ worker: WorkerAnnouncement) async throws(JobStoreError) -> WantedState

    /// Notes what an operator wants of a worker, which hears of it with its next heartbeat; throws `notFound` for one
    /// that is not listed.
    ///
    /// One that was told to stop is not held back by a later `quiet`.
    func want(_ state: WantedState, ofWorker id: Name) async throws(JobStoreError)

    /// Takes a worker off the list, as it does itself when it ends; one that is unknown is no error.
    func withdraw(worker id: Name) async throws(JobStoreError)

    /// Lists the workers that announced themselves, by their start, with the leases of jobs of the scope.
    ///
    /// One that died stays listed, with the age of its last heartbeat, until a reap after three lengths of its lease.
    func workers(scope: Scope) async throws(JobStoreError) -> [LiveWorker]

    /// Takes back up to `limit` running jobs whose lease is over, fails stale tracked jobs, makes due jobs claimable;
    /// forgets workers that have been silent for three lengths of their lease.
    ///
    /// - Returns: How many runs were taken back.
    func reap(limit: Int) async throws(JobStoreError) -> Int

    /// Deletes up to `limit` records past their expiry and old tombstones.
    ///
    /// - Parameters:
    ///   - limit: How many records at most.
    ///   - deletedFiles: Keys that an earlier call returned and whose objects are deleted by now.
    /// - Returns: Keys of objects that no record names any more; returned again until reported as deleted.
    /// - Throws: `unavailable` or `full`; nothing was deleted then.
    func prune(limit: Int, deletedFiles: [String]) async throws(JobStoreError) -> PruneResult

    /// Streams what changes from now on.
    func changes(_ interest: ChangeInterest) -> StoreChangeStream

    /// Streams the changes of some jobs from now on, and perhaps those of others: a store with a ``ChangeHub`` leaves
    /// them out, so that thousands may watch a job each.
    func changes(of watched: WatchedJobs) -> StoreChangeStream
}

extension JobStore {
    /// Cancels a job, at whatever revision it is.
    public func cancel(_ job: JobReference, reason: String?, scope: Scope) async throws(JobStoreError) -> Job {
        try await cancel(job, reason: reason, ifRev: nil, scope: scope)
    }

    /// Changes one setting of a queue, at whatever revision it is.
    public func configure(queue: Name, _ change: QueueChange) async throws(JobStoreError) {
        try await configure(queue: queue, [change], ifRev: nil)
    }

    /// Retries a job, at whatever revision it is.
    public func retry(_ job: JobReference, runAt: Moment?, scope: Scope) async throws(JobStoreError) -> Job {
        try await retry(job, runAt: runAt, ifRev: nil, scope: scope)
    }

    /// Retries a job by itself, at one of some revisions.
    public func retry(
        _ job: JobReference,
        runAt: Moment?,
        ifRev: Set<Int64>?,
        scope: Scope
    ) async throws(JobStoreError) -> Job {
        try await retry(job, runAt: runAt, ifRev: ifRev, together: [], scope: scope)
    }

    /// Deletes a job, at whatever revision it is.
    public func delete(_ job: JobReference, scope: Scope) async throws(JobStoreError) {
        try await delete(job, ifRev: nil, scope: scope)
    }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func changes(of watched: WatchedJobs) -> StoreChangeStream { changes(.jobs) }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func claimWhenReady(_ request: ClaimRequest) async throws(JobStoreError) -> Claim {
        // Subscribed before the first look: what is submitted after it is heard of.
        var changes = changes(.wakeUps)
        var claim = try await claim(request)
        let due = claim.nextDue ?? .seconds(Int64.max)
        while claim.jobs.isEmpty, claim.nextDue ?? due >= due {
            repeat {
                guard let change = await changes.next() else { return claim }
                if request.mayTake(from: change.queues) { break }
            } while true
            claim = try await self.claim(request)
        }
        return claim
    }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func settle(
        _ settlements: [Settlement],
        thenClaim request: ClaimRequest
    ) async throws(JobStoreError) -> SettleAndClaim {
        let results = settlements.isEmpty ? [] : try await settle(settlements)
        do throws(JobStoreError) {
            return SettleAndClaim(results: .success(results), claim: .success(try await claim(request)))
        } catch {
            return SettleAndClaim(results: .success(results), claim: .failure(error))
        }
    }
}

/// What became of runs that were settled, and what was claimed in their place.
public struct SettleAndClaim: Sendable {
    /// What became of the runs, in the order they were given, or why only settling failed.
    public var results: Result<[SettleResult], JobStoreError>
    /// The claim, or why only that failed.
    public var claim: Result<Claim, JobStoreError>

    /// Creates an answer.
    public init(results: Result<[SettleResult], JobStoreError>, claim: Result<Claim, JobStoreError>) {
        self.results = results
        self.claim = claim
    }
}

/// What a prune did.
public struct PruneResult: Sendable, Hashable {
    /// How many records were deleted.
    public var deletedRecords: Int
    /// Keys of objects to delete.
    public var orphanedFiles: [String]
    /// Whether more could be deleted at once by another call.
    public var hasMore: Bool

    /// Creates a result.
    public init(deletedRecords: Int, orphanedFiles: [String], hasMore: Bool = false) {
        self.deletedRecords = deletedRecords
        self.orphanedFiles = orphanedFiles
        self.hasMore = hasMore
    }
}
