public import Errand
import FoundationEssentials
import GRDB
import GRDBSQLite
import Synchronization

/// Jobs in a SQLite file: the store of an installation that fits on one machine.
///
/// One process at a time owns the file. One thread writes, and operations that arrive together are committed together;
/// readers have connections of their own. Every commit is on disk before it is acknowledged (WAL, `synchronous=FULL`).
public final class SQLiteJobStore: JobStore {
    /// What a store may be told when it is opened.
    public struct Options: Sendable {
        /// What time it is.
        public var clock: any JobClock
        /// How long ended records stay.
        public var rules: JobRules
        /// Where identifiers come from.
        public var identifiers: JobIDGenerator
        /// The lease that workers outside this process get when the file is opened again.
        public var sessionLease: Duration
        /// Whether each commit is forced to the disk; off only for tests that throw the file away.
        public var isDurable: Bool
        /// How fast the ends of jobs are followed to those that wait for them.
        public var cascades: CascadePace
        /// Whether a file is opened that a copy has not filled to its end, to go on with that; nothing is reaped then.
        package var isBeingFilled = false

        /// Creates the usual options.
        public init(
            clock: any JobClock = SystemJobClock(),
            rules: JobRules = JobRules(),
            identifiers: JobIDGenerator = JobIDGenerator(),
            sessionLease: Duration = .seconds(30),
            isDurable: Bool = true,
            cascades: CascadePace = CascadePace()
        ) {
            self.clock = clock
            self.rules = rules
            self.identifiers = identifiers
            self.sessionLease = sessionLease
            self.isDurable = isDurable
            self.cascades = cascades
        }
    }

    let options: Options
    let database: SQLiteDatabase
    let leases = LeaseTable()
    /// In memory, as the leases are: the process that owns the file is where the workers are.
    let workers = Mutex(WorkerRoll())
    let hub = ChangeHub()

    /// Opens a file, or makes it, brings its schema up to date, and takes back what the process before left running.
    ///
    /// - Parameters:
    ///   - path: The file; its folder must exist.
    ///   - options: What else there is to say.
    /// - Throws: `inUse` with the owner's process id, `schemaTooNew`, `corrupt`, `full` or `unavailable`, the last one
    ///   also for a file that a ``JobCopy`` has not filled to its end.
    public init(path: String, options: Options = Options()) async throws(JobStoreError) {
        self.options = options
        database = try SQLiteDatabase(path: path, options: options, leases: leases, hub: hub)
        guard !options.isBeingFilled else { return }
        let copy = try await read { reader throws(JobStoreError) in try reader.earlierCopy() }
        if let copy, !copy.isFinished { throw copy.refusal }
        try await migrate()
    }

    deinit { close() }

    /// Finishes what was asked for and lets go of the file; later calls throw `unavailable`.
    public func close() {
        hub.finish()
        database.close()
    }

    /// Tells other programs, through `PATH.lock`, where the process that owns the file answers.
    ///
    /// - Parameter url: The base URL of the HTTP API.
    public func announce(url: String) { database.announce(url: url) }

    /// Says which steps a file's schema has had and which it lacks; changes nothing, and needs no file.
    ///
    /// - Parameter path: The file; another process may have it open.
    /// - Returns: All steps that this version knows, in their order.
    /// - Throws: `schemaTooNew` when a newer version wrote the file, `corrupt` or `unavailable`.
    public static func migrations(ofFile path: String) throws(JobStoreError) -> [StoreMigration] {
        do { return try SQLiteMigrations.list(ofFile: path) } catch let error as JobStoreError { throw error } catch {
            throw JobStoreError(opening: path, error)
        }
    }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (SQLiteSession) throws(JobStoreError) -> Value
    ) async throws(JobStoreError) -> Value {
        try await database.writer.write(body)
    }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension SQLiteJobStore {
    public func migrate() async throws(JobStoreError) {
        // The schema is migrated when the file is opened; what was lost with the last owner is left to be run again.
        // What is left to be followed of the ends of jobs goes on behind it, and cannot keep the file shut.
        while try await takeBack(limit: 500).count > 0 {}
    }

    /// Takes back what is to be taken back; says whether there are ends to be followed.
    private func takeBack(limit: Int) async throws(JobStoreError) -> (count: Int, hasCascades: Bool) {
        try await write { session throws(JobStoreError) in
            (try session.reap(limit: limit), session.memory.cascadeCount > 0)
        }
    }

    public func insert(_ jobs: [NewJob], scope: Scope) async throws(JobStoreError) -> [InsertedJob] {
        for (index, job) in jobs.enumerated() { try job.validate(at: index) }
        return try await write { session throws(JobStoreError) in
            try session.insert(jobs, tenant: scope.tenantId, scope: scope)
        }
    }

    public func claim(_ request: ClaimRequest) async throws(JobStoreError) -> Claim {
        try await write { session throws(JobStoreError) in try session.claim(request) }
    }

    public func claimWhenReady(_ request: ClaimRequest) async throws(JobStoreError) -> Claim {
        let claim = WaitingClaim(request)
        let writer = database.writer
        return try await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                claim.answer(to: continuation)
                if !writer.enqueue(claim) { claim.resume(.failure(.closed)) }
            }
        } onCancel: {
            claim.cancel()
            // A closed writer has answered the claim, or refuses it.
            _ = writer.enqueue(EndOfWait(claim))
        }
        .get()
    }

    public func renew(_ leases: [JobLease], for duration: Duration) async throws(JobStoreError) -> [LeaseRenewal] {
        try await write { session in leases.map { session.renew($0, for: duration) } }
    }

    public func report(_ reports: [RunReport]) async throws(JobStoreError) -> [WriteResult] {
        var normalized: [RunReport] = []
        for report in reports { normalized.append(try report.normalized()) }
        return try await write { [normalized] session throws(JobStoreError) in
            var results: [WriteResult] = []
            for report in normalized { results.append(try session.report(report)) }
            return results
        }
    }

    public func settle(_ settlements: [Settlement]) async throws(JobStoreError) -> [SettleResult] {
        let checked = settlements.map { $0.checked() }
        return try await write { session throws(JobStoreError) in try session.settle(checked) }
    }

    public func settle(
        _ settlements: [Settlement],
        thenClaim request: ClaimRequest
    ) async throws(JobStoreError) -> SettleAndClaim {
        let checked = settlements.map { $0.checked() }
        return try await write { session throws(JobStoreError) in
            // Both or neither: what makes one fail is the database's trouble, and meets the other as well.
            let results = try session.settle(checked)
            try session.followNewEnds()
            return SettleAndClaim(results: .success(results), claim: .success(try session.claim(request)))
        }
    }

    public func update(
        _ job: JobReference,
        with update: TrackedUpdate,
        scope: Scope
    ) async throws(JobStoreError) -> Job {
        let update = try update.normalized()
        return try await write { session throws(JobStoreError) in
            try session.update(job, with: update, scope: scope)
        }
    }

    @discardableResult
    public func announce(_ worker: WorkerAnnouncement) async throws(JobStoreError) -> WantedState {
        workers.withLock { $0.announce(worker, at: options.clock.now()) }
    }

    public func want(_ state: WantedState, ofWorker id: Name) async throws(JobStoreError) {
        try workers.withLock { (roll) throws(JobStoreError) in try roll.want(state, of: id) }
    }

    public func withdraw(worker id: Name) async throws(JobStoreError) { workers.withLock { $0.withdraw(id) } }

    public func reap(limit: Int) async throws(JobStoreError) -> Int {
        workers.withLock { $0.reap(at: options.clock.now()) }
        let (count, hasCascades) = try await takeBack(limit: limit)
        if hasCascades { try await write { session throws(JobStoreError) in try session.followAllEnds() } }
        return count
    }

    public func prune(limit: Int, deletedFiles: [String]) async throws(JobStoreError) -> PruneResult {
        try await write { session throws(JobStoreError) in
            try session.prune(limit: limit, deletedFiles: deletedFiles)
        }
    }

    public func changes(_ interest: ChangeInterest) -> StoreChangeStream { hub.subscribe(interest) }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func changes(of watched: WatchedJobs) -> StoreChangeStream { hub.subscribe(to: watched) }
}
