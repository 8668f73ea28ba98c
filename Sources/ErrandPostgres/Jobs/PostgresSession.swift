#if Postgres
import Errand
import FoundationEssentials
import Synchronization

/// What a store's transactions share.
final class PostgresContext: Sendable {
    let options: PostgresJobStore.Options
    let hub: ChangeHub
    /// Tells other processes; nil where they are not told.
    let sender: ChangeSender?
    /// Who was served last by this process; fairness between processes follows from each being fair.
    let rotation = Mutex(ClaimRotation())
    let clock = ServerClock()
    /// How far tests have moved the server's clock, on which everything is measured; zero otherwise.
    let clockOffset = Mutex((wall: Duration.zero, steady: Duration.zero))
    /// The claims of this process that wait for jobs.
    let waitingClaims = WaitingClaims()
    /// For how many claims to come it is not worth trying whether they go at once.
    let claimsInTurn = Mutex(0)
    /// What was in the way of transactions.
    let conflicts: TransactionConflicts
    /// Whether claims of this process hold tenants to a limit.
    let limitsTenants = Atomic(false)
    /// Whether writes met a full disk of late.
    let disk = DiskHealth()
    /// The latest time that made jobs claimable, in milliseconds.
    let latestWrite = Mutex(Int64(0))
    /// Whether this process goes on with the ends of jobs.
    let goesOnWithCascades = Atomic(false)
    let pool: PostgresPool

    init(options: PostgresJobStore.Options, pool: PostgresPool, hub: ChangeHub, sender: ChangeSender?) {
        (self.options, self.pool, self.hub, self.sender) = (options, pool, hub, sender)
        conflicts = TransactionConflicts(logger: options.logger)
    }

    /// Tells everybody what a transaction changed, once it is durable.
    func tell(_ changes: StoreChanges) {
        guard !changes.isEmpty else { return }
        hub.publish(changes)
        sender?.send(changes)
    }
}

/// One transaction's view of the store, on a connection's thread.
///
/// Jobs that a transition is about are read with a row lock, kept here, moved by ``Errand/Job/applying(_:at:rules:)``
/// and written back together.
final class PostgresSession {
    let connection: PostgresConnection
    let context: PostgresContext
    /// Now, as far as this transaction is concerned.
    private(set) var time = StoreTime(wall: Date(milliseconds: 0), steady: .zero)
    /// The jobs under this transaction's locks.
    var held: [Int64: HeldJob] = [:]
    /// What is locked, and what may be waited for after that.
    var order = LockOrder()
    /// What an earlier attempt at the same came upon too late.
    var lateLocks = LateLocks()
    /// The objects that no record names any more, until they are noted.
    var orphanedKeys: Set<Name> = []
    /// The jobs it ended, until what is to be told of them is stored.
    var ended: [EndedJob] = []
    /// The ends that those who wait for the jobs have to be told of; they have no sequence numbers yet.
    var cascades: [Cascade] = []
    /// The sequence numbers they were stored under.
    private(set) var begun: [Int64] = []
    /// What the transaction adds to the counts.
    var counts = JobCounts()
    /// What subscribers are told after the commit.
    var changes = StoreChanges()
    /// What this process remembers after the commit.
    var afterCommit: [() -> Void] = []
    /// What goes to the server along with the next statement.
    private var queued: [PostgresStatement] = []
    private var takesReading = false

    var rules: JobRules { context.options.rules }
    /// The wall clock in milliseconds, as it is stored.
    var now: Int64 { time.wall.milliseconds }

    init(_ connection: PostgresConnection, _ context: PostgresContext) throws(JobStoreError) {
        (self.connection, self.context) = (connection, context)
        time = try readTime()
        queued = connection.address.transactionLimits
    }

    private func readTime() throws(JobStoreError) -> StoreTime {
        if let clock = context.options.clock { return clock.now() }
        for attempt in 1...2 where context.clock.now == nil {
            let asked = ContinuousClock.now
            try context.clock.note(connection.run(ServerClock.read.text), asked: asked, always: attempt == 2)
        }
        takesReading = context.clock.wantsReading
        let microseconds = context.clock.now ?? 0
        // The server has no clock that never goes back; a lease is measured on the one it has.
        let (wall, steady) = context.clockOffset.withLock { $0 }
        return StoreTime(
            wall: Date(milliseconds: microseconds / 1000 + wall.wholeMilliseconds),
            steady: .microseconds(microseconds) + steady
        )
    }

    /// Makes what follows a transaction that ``commit()`` ends; without it every ``run(_:)`` is one of its own.
    func begin() { queued = [.begin] + connection.address.transactionLimits }

    func commit() throws(JobStoreError) {
        try deliverEnds()
        var statements = saves() + [orphans].compactMap(\.self)
        if let counts = counts.statement { statements.append(counts) }
        let cascades = beginCascades()
        if let cascades { statements.append(cascades) }
        // Nothing was asked, and there is nothing to write.
        if statements.isEmpty, queued.first?.text == PostgresStatement.begin.text { return finish() }
        let answers = try run(statements + [.commit])
        if cascades != nil {
            begun = try answers[statements.count - 1].map { (row) throws(JobStoreError) in row.int() }
        }
        finish()
    }

    /// Remembers and tells what has become durable.
    func finish() {
        context.latestWrite.withLock { $0 = max($0, now) }
        for note in afterCommit { note() }
        context.tell(changes)
    }

    /// Runs statements in one round trip; the answers are theirs, in their order.
    @discardableResult
    func run(_ statements: [PostgresStatement]) throws(JobStoreError) -> [PostgresRows] {
        guard !statements.isEmpty else { return [] }
        let reading = takesReading ? [ServerClock.read] : []
        let asked = ContinuousClock.now
        let rows = try connection.run(all: queued + reading + statements)
        if takesReading { try context.clock.note(rows[queued.count], asked: asked) }
        let first = queued.count + reading.count
        (queued, takesReading) = ([], false)
        return Array(rows.dropFirst(first))
    }

    /// Runs one statement.
    @discardableResult
    func sql(_ text: String, _ values: PostgresValue...) throws(JobStoreError) -> PostgresRows {
        try run(PostgresStatement(text, values))
    }

    /// Runs one statement.
    @discardableResult
    func run(_ statement: PostgresStatement) throws(JobStoreError) -> PostgresRows { try run([statement])[0] }

    /// Does all of a part or, where the part is refused, nothing of it.
    func nested<Value>(_ body: () throws(JobStoreError) -> Value) throws(JobStoreError) -> Value {
        try run(saves() + [PostgresStatement("SAVEPOINT part")])
        let (before, earlier) = ((changes, counts, ended, cascades), order)
        do throws(JobStoreError) {
            let value = try body()
            try run(saves() + [PostgresStatement("RELEASE SAVEPOINT part")])
            return value
        } catch {
            held = [:]
            (changes, counts, ended, cascades) = before
            order.undo(to: earlier)
            try run([PostgresStatement("ROLLBACK TO SAVEPOINT part"), PostgresStatement("RELEASE SAVEPOINT part")])
            throw error
        }
    }
}

extension Duration {
    /// Whole microseconds, the form in which the ends of leases are stored.
    var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = bounded.components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
#endif
