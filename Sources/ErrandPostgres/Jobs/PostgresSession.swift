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
    /// How far tests have moved the server's clock, on which everything is measured; zero otherwise.
    let clockOffset = Mutex((wall: Duration.zero, steady: Duration.zero))
    /// The latest time that made jobs claimable, in milliseconds.
    let latestWrite = Mutex(Int64(0))

    init(options: PostgresJobStore.Options, hub: ChangeHub, sender: ChangeSender?) {
        (self.options, self.hub, self.sender) = (options, hub, sender)
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
    /// Now, read once when the transaction began.
    private(set) var time = StoreTime(wall: Date(milliseconds: 0), steady: .zero)
    /// The jobs under this transaction's locks.
    var held: [Int64: HeldJob] = [:]
    /// What subscribers are told after the commit.
    var changes = StoreChanges()
    /// What this process remembers after the commit.
    var afterCommit: [() -> Void] = []

    var rules: JobRules { context.options.rules }
    /// The wall clock in milliseconds, as it is stored.
    var now: Int64 { time.wall.milliseconds }

    init(_ connection: PostgresConnection, _ context: PostgresContext) {
        (self.connection, self.context) = (connection, context)
    }

    func begin(isReadOnly: Bool = false) throws(JobStoreError) {
        let mode = isReadOnly ? " ISOLATION LEVEL REPEATABLE READ READ ONLY" : ""
        let begin = "BEGIN\(mode)\(connection.address.transactionSettings)"
        if let clock = context.options.clock {
            try connection.runAll(begin)
            time = clock.now()
            return
        }
        let microseconds =
            try connection.runAll("\(begin); SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
            .first { (row) throws(JobStoreError) in row.int() } ?? 0
        // The server has no clock that never goes back; a lease is measured on the one it has.
        let (wall, steady) = context.clockOffset.withLock { $0 }
        time = StoreTime(
            wall: Date(milliseconds: microseconds / 1000 + wall.wholeMilliseconds),
            steady: .microseconds(microseconds) + steady
        )
    }

    func commit() throws(JobStoreError) {
        try flush()
        try connection.runAll("COMMIT")
        context.latestWrite.withLock { $0 = max($0, now) }
        for note in afterCommit { note() }
        context.tell(changes)
    }

    /// Runs one statement.
    @discardableResult
    func sql(_ text: String, _ values: PostgresValue...) throws(JobStoreError) -> PostgresRows {
        try connection.run(text, values)
    }

    /// Does all of a part or, where the part is refused, nothing of it.
    func nested<Value>(_ body: () throws(JobStoreError) -> Value) throws(JobStoreError) -> Value {
        try flush()
        try connection.runAll("SAVEPOINT part")
        let before = changes
        do throws(JobStoreError) {
            let value = try body()
            try flush()
            try connection.runAll("RELEASE SAVEPOINT part")
            return value
        } catch {
            held = [:]
            changes = before
            try connection.runAll("ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part")
            throw error
        }
    }
}

extension Duration {
    /// Whole microseconds, the form in which the ends of leases are stored.
    var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
#endif
