import Errand
import FoundationEssentials
import GRDBSQLite

/// What the writer thread works with: its connection's statements, what it remembers, and the transaction under way.
///
/// Used by the writer thread alone.
final class SQLiteSession {
    let sql: SQLStatements
    let clock: any JobClock
    let rules: JobRules
    let pace: CascadePace
    let identifiers: JobIDGenerator
    let leases: LeaseTable
    let hub: ChangeHub
    var memory = SQLiteMemory()
    /// Read once for each transaction.
    var time: StoreTime
    /// What the operation under way changes.
    var changes = StoreChanges()
    /// What the operations before it changed, told to subscribers after the commit.
    private var committing = StoreChanges()
    var interest: ChangeInterest = []
    /// The ends that the operation under way has followed, or that others noted before it.
    var followed: Int64 = 0
    /// How the ends that were not followed in their own transactions are gone on with.
    var goingOn = GoingOn()
    /// Claims that found nothing, in the order they came.
    private var waitingClaims: [WaitingClaim] = []
    private var undoLog: [Undo] = []
    /// The wall clock was set back, and what that means for due jobs is not written yet.
    private var isSetBack = true

    init(_ database: OpaquePointer, options: SQLiteJobStore.Options, leases: LeaseTable, hub: ChangeHub) {
        sql = SQLStatements(database)
        clock = options.clock
        rules = options.rules
        pace = options.cascades
        identifiers = options.identifiers
        self.leases = leases
        self.hub = hub
        time = clock.now()
    }

    var now: Int64 { time.wall.milliseconds }
    var stops: StopTable { leases.stops }

    /// Performs operations in one transaction, each in a savepoint of its own, and tells their callers.
    func commit(_ batch: [any PendingWrite]) {
        let last = time.wall
        time = clock.now()
        isSetBack = isSetBack || time.wall < last
        interest = hub.interest
        if !waitingClaims.isEmpty { interest.insert(.wakeUps) }
        committing = StoreChanges()
        let failure = transaction(batch)
        if failure != nil {
            undo(downTo: 0)
            // They may have been written by the transaction that failed, and taken out of the memory by that.
            memory.pendingCounts.removeAll(keepingCapacity: true)
        }
        undoLog.removeAll(keepingCapacity: true)
        if failure == nil { tell() }
        // First the workers, who have something to do now.
        if !waitingClaims.isEmpty { finishWaitingClaims(failure) }
        for write in batch { write.finish(failure) }
        if memory.cascadeCount > 0, pace.goesOn { goOnWithCascades() }
    }

    /// Tells subscribers what was committed.
    ///
    /// What nobody wanted to hear of when the transaction began was not noted. Who came since may have looked before
    /// the commit, and is told to look again. (Revocations are about runs that a subscriber had when it came.)
    private func tell() {
        let late = hub.interest.subtracting(interest)
        if late.contains(.jobs) { committing.isIncomplete = true }
        if late.contains(.wakeUps) { committing.queues.formUnion(memory.lanes.map(\.key.queue)) }
        if !committing.isEmpty { hub.publish(committing) }
    }

    /// Why the transaction as a whole failed; nil when it was committed.
    private func transaction(_ batch: [any PendingWrite]) -> JobStoreError? {
        do throws(JobStoreError) {
            try sql("BEGIN IMMEDIATE").run()
            do throws(JobStoreError) {
                if isSetBack { try demoteUndue() }
                // Before everything, so that no operation meets a run that must have stopped.
                changes = StoreChanges()
                let hasEndedStops = try endStops()
                committing.merge(changes)
                let isAlone = batch.count == 1 && !isSetBack && !hasEndedStops
                for write in batch { try perform(write, alone: isAlone) }
                try serveWaitingClaims()
                try flushCounts()
                try sql("COMMIT").run()
                isSetBack = false
                return nil
            } catch {
                rollback()
                return error
            }
        } catch {
            return error
        }
    }

    private func rollback() {
        // Some errors, a full disk among them, have ended the transaction already.
        guard sqlite3_get_autocommit(sql.database) == 0 else { return }
        sqlite3_exec(sql.database, "ROLLBACK", nil, nil, nil)
    }

    /// Performs one operation; throws only when the whole transaction is lost with it.
    private func perform(_ write: any PendingWrite, alone: Bool) throws(JobStoreError) {
        let mark = undoLog.count
        changes = StoreChanges()
        followed = memory.lastCascade
        if !alone { try sql("SAVEPOINT operation").run() }
        if let error = write.perform(on: self) {
            undo(downTo: mark)
            if sqlite3_get_autocommit(sql.database) != 0 { throw error }
            // A lone operation that failed leaves nothing behind: its error is its outcome.
            try sql.execute(alone ? "ROLLBACK; BEGIN IMMEDIATE" : "ROLLBACK TO operation; RELEASE operation")
            return
        }
        if memory.lastCascade > followed { try followNewEnds() }
        if !alone { try sql("RELEASE operation").run() }
        committing.merge(changes)
    }

    /// Lets claims that wait take, in this very transaction, what its operations made claimable: a job submitted to an
    /// idle worker is stored and claimed by one commit.
    private func serveWaitingClaims() throws(JobStoreError) {
        guard !waitingClaims.isEmpty, !committing.queues.isEmpty else { return }
        for claim in waitingClaims where claim.outcome == nil && claim.request.mayTake(from: committing.queues) {
            changes = StoreChanges()
            do throws(JobStoreError) {
                try nested { () throws(JobStoreError) in try claim.retry(on: self) }
            } catch {
                // Those whose jobs were stored are not to suffer from the claim.
                if sqlite3_get_autocommit(sql.database) != 0 { throw error }
                claim.outcome = .failure(error)
            }
            committing.merge(changes)
        }
    }

    /// Answers the claims that were served; when the commit failed, those that waited before go on waiting.
    private func finishWaitingClaims(_ failure: JobStoreError?) {
        for claim in waitingClaims {
            if failure == nil { claim.finish(nil) } else { claim.outcome = nil }
        }
        waitingClaims.removeAll { $0.isAnswered }
    }

    /// Keeps a claim until there is something for it.
    func wait(_ claim: WaitingClaim) {
        interest.insert(.wakeUps)
        waitingClaims.append(claim)
    }

    /// Forgets a claim; false when it does not wait.
    func stopWaiting(_ claim: WaitingClaim) -> Bool {
        guard let index = waitingClaims.firstIndex(where: { $0 === claim }) else { return false }
        waitingClaims.remove(at: index)
        return true
    }

    /// Answers every claim that waits, as the store closes.
    func endWaits() {
        for claim in waitingClaims { claim.resume(.failure(.closed)) }
        waitingClaims.removeAll()
    }

    /// Does something within an operation that is undone alone when it throws.
    func nested<Value>(_ body: () throws(JobStoreError) -> Value) throws(JobStoreError) -> Value {
        let (mark, told) = (undoLog.count, changes)
        try sql("SAVEPOINT part").run()
        do throws(JobStoreError) {
            let value = try body()
            try sql("RELEASE part").run()
            return value
        } catch {
            undo(downTo: mark)
            changes = told
            if sqlite3_get_autocommit(sql.database) == 0 {
                try sql.execute("ROLLBACK TO part; RELEASE part")
            }
            throw error
        }
    }

    /// Remembers how to take back a change to the memory.
    func onUndo(_ change: Undo) { undoLog.append(change) }

    /// Makes what was remembered so far the state that nothing goes back behind.
    func forgetUndo() { undoLog.removeAll() }

    private func undo(downTo mark: Int) {
        while undoLog.count > mark, let change = undoLog.popLast() { take(back: change) }
    }

    /// Writes the transaction's changes to the counts, one row for each lane and project.
    private func flushCounts() throws(JobStoreError) {
        guard !memory.pendingCounts.isEmpty else { return }
        let statement = try sql(
            """
            INSERT INTO job_counts VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET queued = queued + excluded.queued, running = running + excluded.running,
                completed = completed + excluded.completed, failed = failed + excluded.failed,
                cancelled = cancelled + excluded.cancelled
            """
        )
        for (key, counts) in memory.pendingCounts {
            statement.bind(1, key.lane)
            statement.bind(2, key.project)
            for (index, status) in JobStatus.allCases.enumerated() {
                statement.bind(CInt(index + 3), counts[status])
            }
            try statement.run()
        }
        memory.pendingCounts.removeAll(keepingCapacity: true)
    }
}
