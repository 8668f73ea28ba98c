public import Errand
import Synchronization

/// The reference store: keeps jobs in memory, and moves them by ``Errand/Job/applying(_:at:rules:)`` alone.
///
/// Histories hold other stores against it, and applications test with it. Everything is gone when it goes.
public final class MemoryJobStore: JobStore {
    private let state: Mutex<MemoryState>
    private let clock: any JobClock
    private let hub = ChangeHub()

    /// Creates an empty store.
    ///
    /// - Parameters:
    ///   - clock: Tells it the time; a ``ManualClock`` in tests that wait for leases or due times.
    ///   - rules: How long ended records stay.
    ///   - ids: Makes the identifiers that submitters leave to the store.
    ///   - cascades: How many jobs that wait for one that ended are told of it by a call; all unless said otherwise.
    ///     Should there be more, every reap does another step.
    public init(
        clock: any JobClock = SystemJobClock(),
        rules: JobRules = JobRules(),
        ids: JobIDGenerator = JobIDGenerator(),
        cascades: CascadePace = CascadePace(step: .max)
    ) {
        self.clock = clock
        var state = MemoryState(rules: rules, ids: ids)
        state.pace = cascades
        self.state = Mutex(state)
    }

    /// Does one call's work, all of it or nothing, and tells subscribers while nothing else can change.
    func write<Answer: Sendable>(
        followsAllEnds: Bool = false,
        _ body: (inout MemoryState, StoreTime) throws(JobStoreError) -> Answer
    ) throws(JobStoreError) -> Answer {
        try state.withLock { (state) throws(JobStoreError) in
            let mark = state.mark()
            defer { state.forgetJournal() }
            let last = state.lastCascade
            do throws(JobStoreError) {
                let time = clock.now()
                state.endStops(at: time)
                let answer = try body(&state, time)
                if followsAllEnds {
                    state.followEnds(at: time)
                } else if state.lastCascade > last {
                    state.followEnds(after: last, at: time)
                }
                if !state.changes.isEmpty { hub.publish(state.changes) }
                state.changes = StoreChanges()
                return answer
            } catch {
                state.rollBack(to: mark)
                throw error
            }
        }
    }

    func read<Answer: Sendable>(
        _ body: (MemoryState, StoreTime) throws(JobStoreError) -> Answer
    ) throws(JobStoreError) -> Answer {
        try state.withLock { (state) throws(JobStoreError) in try body(state, clock.now()) }
    }

    /// Whether a worker that knows these types has something to run now, or runs it.
    func hasWork(for types: [Name]) -> Bool {
        state.withLock { state in
            let isStopping = state.stopping.contains { state.records[$0]?.job.isStopping(at: clock.now()) == true }
            return !state.running.isEmpty || isStopping || state.hasReady(types, at: clock.now())
        }
    }

    /// Starts to write down what happens, for a history.
    func watch() {
        state.withLock { $0.witness = TransitionWitness() }
    }

    /// The jobs that changed in any way since this was last asked.
    func takeTouched() -> [Int64] {
        state.withLock { state in
            defer { state.witness?.touched.removeAll(keepingCapacity: true) }
            return (state.witness?.touched ?? []).sorted()
        }
    }

    /// What was written down.
    var coverage: HistoryCoverage { state.withLock { $0.witness?.coverage } ?? HistoryCoverage() }

    /// Ends every stream of changes, as a store does when it closes.
    public func close() { hub.finish() }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension MemoryJobStore {
    public func migrate() {}

    public func insert(_ jobs: [NewJob], scope: Scope) async throws(JobStoreError) -> [InsertedJob] {
        try write { (state, time) throws(JobStoreError) in try state.insert(jobs, scope: scope, at: time) }
    }

    public func claim(_ request: ClaimRequest) async throws(JobStoreError) -> Claim {
        try write { (state, time) throws(JobStoreError) in state.claim(request, at: time) }
    }

    public func renew(_ leases: [JobLease], for duration: Duration) async throws(JobStoreError) -> [LeaseRenewal] {
        try write { (state, time) throws(JobStoreError) in
            leases.map { state.renew($0, for: duration, at: time) }
        }
    }

    public func report(_ reports: [RunReport]) async throws(JobStoreError) -> [WriteResult] {
        try write { (state, time) throws(JobStoreError) in
            var answers: [WriteResult] = []
            for report in reports { answers.append(state.report(try report.normalized(), at: time)) }
            return answers
        }
    }

    public func settle(_ settlements: [Settlement]) async throws(JobStoreError) -> [SettleResult] {
        try write { (state, time) throws(JobStoreError) in
            settlements.map { state.settle($0, at: time) }
        }
    }

    public func update(
        _ job: JobReference,
        with update: TrackedUpdate,
        scope: Scope
    ) async throws(JobStoreError) -> Job {
        try write { (state, time) throws(JobStoreError) in try state.update(job, update, scope, at: time) }
    }

    public func cancel(
        _ job: JobReference,
        reason: String?,
        ifRev: Set<Int64>?,
        scope: Scope
    ) async throws(JobStoreError) -> Job {
        try JobLimits.check(reason: reason)
        return try write { (state, time) throws(JobStoreError) in try state.cancel(job, reason, ifRev, scope, at: time)
        }
    }

    public func retry(
        _ job: JobReference,
        runAt: Moment?,
        ifRev: Set<Int64>?,
        together: Set<JobID>,
        scope: Scope
    ) async throws(JobStoreError) -> Job {
        try write { (state, time) throws(JobStoreError) in
            try state.retry(job, runAt, ifRev, together: together, scope, at: time)
        }
    }

    public func amend(
        _ job: JobReference,
        with amendment: JobAmendment,
        ifRev: Set<Int64>?,
        scope: Scope
    ) async throws(JobStoreError) -> Job {
        try write { (state, time) throws(JobStoreError) in try state.amend(job, amendment, ifRev, scope, at: time) }
    }

    public func delete(_ job: JobReference, ifRev: Set<Int64>?, scope: Scope) async throws(JobStoreError) {
        try write { (state, time) throws(JobStoreError) in try state.delete(job, ifRev, scope, at: time) }
    }

    public func job(_ job: JobReference, scope: Scope) async throws(JobStoreError) -> Job {
        try read { (state, time) throws(JobStoreError) in try state.read(job, scope, at: time) }
    }

    public func dependencies(_ job: JobReference, scope: Scope) async throws(JobStoreError) -> [JobDependency] {
        try read { (state, time) throws(JobStoreError) in try state.dependencies(job, scope, at: time) }
    }

    public func jobs(_ filter: JobFilter, page: PageRequest, scope: Scope) async throws(JobStoreError) -> JobPage {
        try read { (state, _) throws(JobStoreError) in state.page(filter, page, scope) }
    }

    public func count(_ filter: JobFilter, upTo limit: Int?, scope: Scope) async throws(JobStoreError) -> Int {
        try read { (state, _) throws(JobStoreError) in state.count(filter, upTo: limit, scope) }
    }

    public func counts(
        by grouping: JobGrouping,
        projectId: Name?,
        scope: Scope
    ) async throws(JobStoreError) -> [Name: StatusCounts] {
        try read { (state, _) throws(JobStoreError) in state.counts(grouping, projectId, scope) }
    }

    public func logs(
        _ job: JobReference,
        after: Int64,
        limit: Int,
        scope: Scope
    ) async throws(JobStoreError) -> [StoredLogLine] {
        try read { (state, time) throws(JobStoreError) in
            let number = try state.find(job, scope, at: time).number
            let lines = (state.records[number]?.logs ?? []).drop { $0.sequence <= after }
            return Array(lines.prefix(max(0, limit)))
        }
    }

    public func files(_ job: JobReference, scope: Scope) async throws(JobStoreError) -> [JobFile] {
        try read { (state, time) throws(JobStoreError) in
            let number = try state.find(job, scope, at: time).number
            return (state.records[number]?.files ?? [:]).values.sorted { $0.name < $1.name }
        }
    }

    public func queues(scope: Scope) async throws(JobStoreError) -> [QueueState] {
        try read { (state, time) throws(JobStoreError) in state.queueStates(scope, at: time) }
    }

    public func configure(
        queue: Name,
        _ changes: [QueueChange],
        ifRev: Set<Int64>?
    ) async throws(JobStoreError) {
        try write { (state, time) throws(JobStoreError) in try state.configure(queue, changes, ifRev, at: time) }
    }

    public func delete(queue: Name) async throws(JobStoreError) {
        try write { (state, _) throws(JobStoreError) in try state.delete(queue: queue) }
    }

    @discardableResult
    public func announce(_ worker: WorkerAnnouncement) async throws(JobStoreError) -> WantedState {
        try write { (state, time) throws(JobStoreError) in state.workers.announce(worker, at: time) }
    }

    public func want(_ wanted: WantedState, ofWorker id: Name) async throws(JobStoreError) {
        try write { (state, _) throws(JobStoreError) in try state.workers.want(wanted, of: id) }
    }

    public func withdraw(worker id: Name) async throws(JobStoreError) {
        try write { (state, _) throws(JobStoreError) in state.workers.withdraw(id) }
    }

    public func workers(scope: Scope) async throws(JobStoreError) -> [LiveWorker] {
        try read { (state, time) throws(JobStoreError) in state.liveWorkers(scope, at: time) }
    }

    public func reap(limit: Int) async throws(JobStoreError) -> Int {
        try write(followsAllEnds: true) { (state, time) throws(JobStoreError) in
            state.reap(limit: limit, at: time)
        }
    }

    public func prune(limit: Int, deletedFiles: [String]) async throws(JobStoreError) -> PruneResult {
        try write { (state, time) throws(JobStoreError) in
            state.prune(limit: limit, deletedFiles: deletedFiles, at: time)
        }
    }

    public func changes(_ interest: ChangeInterest) -> StoreChangeStream { hub.subscribe(interest) }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func changes(of watched: WatchedJobs) -> StoreChangeStream { hub.subscribe(to: watched) }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension MemoryJobStore: SizedStore {
    /// Nothing is on a disk.
    public func size() async throws(JobStoreError) -> StoreSize { StoreSize(usedBytes: 0) }
}
