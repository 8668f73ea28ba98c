import Errand
import FoundationEssentials

// The parts that several transitions have in common: back to the queue, to an end, and what follows from it.
extension SQLiteSession {
    /// Puts a running job back, with a record of the run that did not complete.
    func requeue(
        _ state: JobState,
        _ outcome: RunRecord.Outcome,
        _ failure: JobFailure?,
        after delay: Duration,
        keepsAttempt: Bool
    ) throws(JobStoreError) {
        try recordRun(of: state, outcome, failure)
        let isLost = outcome == .lost
        let runAt = time.wall.later(by: delay).milliseconds
        let isClaimable = runAt <= now
        let update = try sql(
            """
            UPDATE jobs SET status = 0, phase = ?, rank = ?, run_at = ?, attempt = ?, lost_count = ?, fence = ?,
                rev = rev + 1, updated_at = ?, started_at = NULL, worker = NULL WHERE number = ?
            """
        )
        update.bind(1, isClaimable ? JobPhase.due.rawValue : JobPhase.scheduled.rawValue)
        update.bind(2, isClaimable ? state.priority : 0)
        update.bind(3, runAt)
        update.bind(4, keepsAttempt ? state.attempt : state.attempt - 1)
        update.bind(5, isLost ? state.lostCount + 1 : 0)
        update.bind(6, isLost ? state.fence + 1 : state.fence)
        update.bind(7, now)
        update.bind(8, state.number)
        try update.run()
        setLease(state.number, nil)
        try noteMove(state, to: .queued)
        try noteWaiting(state.lane, isClaimable: isClaimable, runAt: runAt)
        noteChange(state, rev: state.rev + 1)
    }

    /// A job waits now that did not before.
    func noteWaiting(_ lane: Int, isClaimable: Bool, runAt: Int64) throws(JobStoreError) {
        if isClaimable {
            addClaimable(lane, 1)
        } else if runAt < memory.lanes[lane].earliestDue ?? .max {
            noteDue(lane, runAt)
        }
    }

    /// Ends a job; failure and fence are the caller's to set before.
    func finish(_ state: JobState, as status: JobStatus) throws(JobStoreError) {
        let update = try sql(
            """
            UPDATE jobs SET status = ?1, phase = NULL, completed_at = ?2, updated_at = ?2, rev = rev + 1,
                expires_at = CASE WHEN expiry_fixed = 1 OR tracked = 1 THEN expires_at ELSE ?3 END,
                active_key = CASE WHEN stop_fence IS NULL THEN NULL ELSE active_key END,
                stale_at = NULL, bad_end = CASE WHEN ?1 >= 3 THEN ?1 END WHERE number = ?4
            """
        )
        try update.run(status.code, now, rules.expiry(after: time.wall), state.number)
        try noteMove(state, to: status)
        noteChange(state, rev: state.rev + 1)
        try deliverEnd(of: state.number, lane: state.lane)
        guard memory.dependencyCount > 0 else { return }
        try beginCascade(of: state.number, state.id, isCompleted: status == .completed)
    }

    func setFailure(_ failure: JobFailure, of number: Int64) throws(JobStoreError) {
        let update = try sql(
            "UPDATE jobs SET failure_code = ?, failure_message = ?, failure_details = ? WHERE number = ?"
        )
        update.bind(1, failure.code)
        update.bind(2, failure.message)
        try bind(update, 3, failure.details, .failureDetails, of: number)
        update.bind(4, number)
        try update.run()
    }

    /// Adds to the job's record of runs that did not complete.
    func recordRun(
        of state: JobState,
        _ outcome: RunRecord.Outcome,
        _ failure: JobFailure? = nil
    ) throws(JobStoreError) {
        let select = try sql("SELECT errors FROM jobs WHERE number = ?")
        select.bind(1, state.number)
        let isFound = try select.step()
        let stored = isFound ? try select.longText(0, .errors, of: state.number, from: sql(.readText)) : nil
        select.reset()
        var runs = try stored.map { text throws(JobStoreError) in try [RunRecord](stored: text) } ?? []
        runs.record(
            RunRecord(
                attempt: Int(state.attempt),
                fence: state.fence,
                startedAt: Date(milliseconds: state.startedAt ?? now),
                endedAt: time.wall,
                outcome: outcome,
                failure: failure,
                workerId: state.worker
            )
        )
        let update = try sql("UPDATE jobs SET errors = ? WHERE number = ?")
        try bind(update, 1, runs.text, .errors, of: state.number)
        update.bind(2, state.number)
        try update.run()
    }

    func storeLong(_ text: JSONText, _ field: LongText, of number: Int64) throws(JobStoreError) {
        let store = try sql("INSERT OR REPLACE INTO job_texts VALUES (?, ?)")
        store.bind(1, field.place(number))
        store.bind(2, text.string)
        try store.run()
    }
}

extension SQLStatement {
    /// Runs with whole numbers bound in order.
    func run(_ values: Int64...) throws(JobStoreError) {
        for (index, value) in values.enumerated() { bind(CInt(index + 1), value) }
        try run()
    }
}
