#if Postgres
public import Errand
import FoundationEssentials
public import Logging

/// Jobs in PostgreSQL: the store of an installation with several processes or machines.
///
/// Every process has a store of its own on the same schema. Leases and due times are measured on the server's clock.
public final class PostgresJobStore: JobStore {
    /// What stands between the store and the server.
    public enum Pooler: String, Sendable, CaseIterable {
        /// Nothing, or a pooler that gives a client one server connection for as long as it stays.
        case none
        /// A pooler that gives a client another server connection with every transaction, as PgBouncer does with
        /// `pool_mode = transaction`.
        case transaction
    }

    /// What a store may be told when it is made.
    public struct Options: Sendable {
        /// The schema that holds everything; at most 50 lower-case letters, digits and `_`.
        public var schema: String
        /// How many connections at most.
        public var connections: Int
        /// Whether processes tell each other of changes by LISTEN and NOTIFY; off behind a pooler that swallows them.
        public var notifies: Bool
        /// What stands between the store and the server.
        public var pooler: Pooler
        /// Where to hear of changes when the store's own URL leads to a pooler: the server itself, as libpq takes it.
        ///
        /// When nil, the store's own URL; nowhere behind a ``Pooler/transaction`` pooler, which swallows what is told.
        public var listenURL: String?
        /// For how long the server may work on one statement, unless the URL, the role or the database say otherwise.
        ///
        /// What is not answered within half as long again is given up with its connection, as `unavailable`.
        public var statementTimeout: Duration
        /// How often the store makes sure that it hears; tests are in a hurry.
        var listening = ListeningRhythm()
        /// What time it is: the server's clock when nil, another one only in tests.
        public var clock: (any JobClock)?
        /// How long ended records stay.
        public var rules: JobRules
        /// Where identifiers come from.
        public var identifiers: JobIDGenerator
        /// Where to say that the server is short of connections, or that transactions were in each other's way.
        public var logger = Logger(label: "errand.postgres")
        /// How fast the ends of jobs are followed to those that wait for them.
        public var cascades: CascadePace

        /// Creates the usual options.
        public init(
            schema: String = "errand",
            connections: Int = 8,
            notifies: Bool = true,
            pooler: Pooler = .none,
            listenURL: String? = nil,
            statementTimeout: Duration = .seconds(30),
            clock: (any JobClock)? = nil,
            rules: JobRules = JobRules(),
            identifiers: JobIDGenerator = JobIDGenerator(),
            cascades: CascadePace = CascadePace()
        ) {
            self.schema = schema
            self.connections = connections
            self.notifies = notifies
            self.pooler = pooler
            self.listenURL = listenURL
            self.statementTimeout = statementTimeout
            self.clock = clock
            self.rules = rules
            self.identifiers = identifiers
            self.cascades = cascades
        }

        func checkSchema() throws(JobStoreError) {
            let isName = schema.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "_")
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
            guard isName, (1...50).contains(schema.utf8.count) else {
                throw JobStoreError(.invalid, "\"\(schema)\" cannot be a schema's name: use a-z, 0-9 and _.")
            }
        }
    }

    let pool: PostgresPool
    private let listener: ChangeListener?
    private let plainInserts: PlainInserts
    let context: PostgresContext

    /// Makes a store; connections are made when they are needed, and the schema by ``migrate()``.
    ///
    /// - Parameters:
    ///   - url: What libpq understands: `postgresql://user@host/database` or `host=... dbname=...`.
    ///   - options: What else there is to say.
    /// - Throws: `invalid` when the schema's name is none.
    public init(url: String, options: Options = Options()) throws(JobStoreError) {
        try options.checkSchema()
        let pool = PostgresPool(options.address(url), limit: options.connections, logger: options.logger)
        self.pool = pool
        let hub = ChangeHub()
        var sender: ChangeSender?
        var listener: ChangeListener?
        if options.notifies {
            let telling = ChangeSender(pool: pool, schema: options.schema)
            listener = try ChangeListener(
                options.listeningAddress(url),
                rhythm: options.listening,
                sender: telling,
                pool: pool,
                hub: hub
            )
            sender = telling
        }
        self.listener = listener
        context = PostgresContext(options: options, pool: pool, hub: hub, sender: sender)
        plainInserts = PlainInserts(pool: pool, context: context)
    }

    /// Makes a store as a URL says, with its settings among the items of the query; see ``PostgresURL``.
    public convenience init(_ url: PostgresURL) throws(JobStoreError) {
        try self.init(url: url.connection, options: url.options)
    }

    deinit { close() }

    /// Finishes what was asked for and disconnects; later calls throw `unavailable`.
    public func close() {
        context.hub.finish()
        listener?.close()
        context.sender?.flush()
        pool.close()
    }

    /// Whether the store hears what other processes change; one that does not looks for itself every five seconds.
    public var notifications: Notifications { listener?.health.now ?? .off }

    /// Begins to listen, where that is not done yet, and says whether notifications arrive as soon as that is known.
    ///
    /// - Returns: `working`, `degraded` or `off`; within about ten seconds.
    public func checkNotifications() async -> Notifications { await notifications { $0 != .starting } }

    /// Begins to listen, and waits for a state.
    func notifications(
        _ isEnough: @escaping @Sendable (Notifications) -> Bool
    ) async -> Notifications {
        listener?.start()
        return await listener?.health.wait(for: isEnough) ?? .off
    }

    /// Says which steps the schema has had and which it lacks; changes nothing.
    ///
    /// - Returns: All steps that this version knows, in their order.
    /// - Throws: `schemaTooNew` when the schema has had steps of a newer version, `unavailable`.
    public func migrations() async throws(JobStoreError) -> [StoreMigration] {
        try await pool.run { link throws(JobStoreError) in try PostgresMigrations.list(on: link.connection()) }
    }

    /// Throws `unavailable` for a schema that a ``Errand/JobCopy`` has not filled to its end, as ``migrate()`` does.
    public func refuseUnfinishedCopy() async throws(JobStoreError) {
        let copy = try await read { session throws(JobStoreError) in try session.earlierCopy() }
        if let copy, !copy.isFinished { throw copy.refusal }
    }

    /// Brings the schema up to date, and does not ask whether it is whole.
    func applyMigrations() async throws(JobStoreError) {
        try await pool.run { link throws(JobStoreError) in try PostgresMigrations.run(on: link.connection()) }
    }

    /// Runs a transaction, again if others were in its way, and tells subscribers when it is durable.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresSession) throws(JobStoreError) -> Value
    ) async throws(JobStoreError) -> Value {
        let context = context
        return try await pool.run { link throws(JobStoreError) in
            try PostgresTransaction.write(on: link, context, body)
        }
    }

    /// Runs what is a transaction by itself.
    func writeAtOnce<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresSession) throws(JobStoreError) -> Value
    ) async throws(JobStoreError) -> Value {
        let context = context
        return try await pool.run { link throws(JobStoreError) in
            try PostgresTransaction.writeAtOnce(on: link, context, body)
        }
    }

    /// Asks questions; asks again when the connection was lost.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresSession) throws(JobStoreError) -> Value
    ) async throws(JobStoreError) -> Value {
        let context = context
        return try await pool.run(isRepeatable: true) { link throws(JobStoreError) in
            try PostgresTransaction.read(on: link, context, body)
        }
    }
}

extension PostgresJobStore.Options {
    func address(_ url: String) -> PostgresAddress {
        PostgresAddress(url: url, schema: schema, pooler: pooler, statementTimeout: statementTimeout)
    }

    /// Where the changes of others can be heard; nil where they cannot.
    fileprivate func listeningAddress(_ url: String) -> PostgresAddress? {
        guard listenURL != nil || pooler == .none else { return nil }
        return PostgresAddress(url: listenURL ?? url, schema: schema, statementTimeout: statementTimeout)
    }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension PostgresJobStore {
    public func migrate() async throws(JobStoreError) {
        try await applyMigrations()
        try await refuseUnfinishedCopy()
    }

    public func insert(_ jobs: [NewJob], scope: Scope) async throws(JobStoreError) -> [InsertedJob] {
        for (index, job) in jobs.enumerated() { try job.validate(at: index) }
        guard !jobs.isEmpty else { return [] }
        let isPlain = jobs.allSatisfy { job in
            job.isPlain && scope.includes(tenantId: scope.tenantId, projectId: job.projectId)
        }
        if isPlain { return try await plainInserts.insert(jobs, scope: scope) }
        return try await write { session throws(JobStoreError) in try session.insert(jobs, scope: scope) }
    }

    public func renew(_ leases: [JobLease], for duration: Duration) async throws(JobStoreError) -> [LeaseRenewal] {
        guard !leases.isEmpty else { return [] }
        return try await writeAtOnce { session throws(JobStoreError) in try session.renew(leases, for: duration) }
    }

    public func report(_ reports: [RunReport]) async throws(JobStoreError) -> [WriteResult] {
        var normalized: [RunReport] = []
        for report in reports { normalized.append(try report.normalized()) }
        guard !reports.isEmpty else { return [] }
        return try await write { [normalized] session throws(JobStoreError) in try session.report(normalized) }
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
        try await write { session throws(JobStoreError) in try session.announce(worker) }
    }

    public func want(_ state: WantedState, ofWorker id: Name) async throws(JobStoreError) {
        try await write { session throws(JobStoreError) in try session.want(state, of: id) }
    }

    public func withdraw(worker id: Name) async throws(JobStoreError) {
        try await write { session throws(JobStoreError) in try session.withdraw(worker: id) }
    }

    public func reap(limit: Int) async throws(JobStoreError) -> Int {
        let context = context
        return try await pool.run { link throws(JobStoreError) in
            let count = try PostgresTransaction.write(on: link, context, followsEnds: false) {
                session throws(JobStoreError) in
                try session.reap(limit: limit)
            }
            // What ended so takes its turn among all that is left to be followed.
            try CascadeFollower(link, context).followAll()
            return count
        }
    }

    public func prune(limit: Int, deletedFiles: [String]) async throws(JobStoreError) -> PruneResult {
        try await write { session throws(JobStoreError) in
            try session.prune(limit: limit, deletedFiles: deletedFiles)
        }
    }

    public func changes(_ interest: ChangeInterest) -> StoreChangeStream {
        listener?.start()
        return context.hub.subscribe(interest)
    }

    public func changes(of watched: WatchedJobs) -> StoreChangeStream {
        listener?.start()
        return context.hub.subscribe(to: watched)
    }
}
#endif
