import Errand
import FoundationEssentials

extension SQLiteSession {
    func cancel(
        _ reference: JobReference,
        reason: String?,
        ifRev: Set<Int64>?,
        scope: Scope
    ) throws(JobStoreError) -> Job {
        let state = try state(reference, ifRev: ifRev, scope: scope)
        guard !state.status.isTerminal else { throw .illegal(state, "cancelled", reference) }
        if state.status == .running, !state.isTracked {
            try recordRun(of: state, .cancelled)
            revoke(state)
            try sql("UPDATE jobs SET stop_fence = fence WHERE number = ?").run(state.number)
            beginStop(of: state)
        }
        if let reason {
            try setFailure(JobFailure(code: JobFailure.Code.cancelled, message: reason).normalized, of: state.number)
        }
        try sql("UPDATE jobs SET fence = fence + 1 WHERE number = ?").run(state.number)
        try finish(state, as: .cancelled)
        return try job(state.number)
    }

    /// The run may go on until its worker hears of the cancel, so its lease is kept until it is acknowledged.
    private func revoke(_ state: JobState) {
        guard var held = leases[state.number] else { return }
        held.isCancelled = true
        setLease(state.number, held)
        if interest.contains(.revocations) {
            changes.revoked.insert(JobLease(id: state.id, number: state.number, fence: state.fence))
        }
    }

    func retry(
        _ reference: JobReference,
        runAt: Moment?,
        ifRev: Set<Int64>?,
        together: Set<JobID>,
        scope: Scope
    ) throws(JobStoreError) -> Job {
        let state = try state(reference, ifRev: ifRev, scope: scope)
        guard state.status == .failed || state.status == .cancelled else { throw .illegal(state, "retried", reference) }
        try refuseTakenKey(state)
        let runAt = runAt?.milliseconds ?? now
        let standing = try standing(to: after(state.number)) { !together.contains($0) }
        let isBlocked = standing.blockedBy > 0
        let phase = phase(of: state, blockedBy: Int64(standing.blockedBy), dueAt: runAt)
        let isClaimable = phase == .due
        let update = try sql(
            """
            UPDATE jobs SET status = 0, phase = ?, rank = ?, run_at = ?, fence = fence + 1, rev = rev + 1,
                updated_at = ?, active_key = ?, stale_at = ?, bad_end = NULL,
                attempt = 0, lost_count = 0, blocked_by = ?, progress = 0, progress_message = NULL, worker = NULL,
                failure_code = NULL, failure_message = NULL, failure_details = NULL, result = NULL, result_type = NULL,
                result_location = NULL, started_at = NULL, completed_at = NULL, cancel_acknowledged_at = NULL,
                expires_at = CASE WHEN expiry_fixed = 1 OR tracked = 1 THEN expires_at END WHERE number = ?
            """
        )
        update.bind(1, phase.rawValue)
        update.bind(2, isClaimable ? state.priority : 0)
        update.bind(3, runAt)
        update.bind(4, now)
        update.bind(5, activeKey(of: state))
        update.bind(6, state.staleAfter.map { now.later(bySeconds: $0) })
        update.bind(7, standing.blockedBy)
        update.bind(8, state.number)
        try update.run()
        setLease(state.number, nil)
        count(state.key, state.status, -1)
        count(state.key, .queued, 1)
        if phase == .due || phase == .scheduled {
            try noteWaiting(state.lane, isClaimable: isClaimable, runAt: runAt)
        } else if phase == .stopping, interest.contains(.wakeUps) {
            // Who waits for jobs has to learn when its run must have stopped.
            changes.queues.insert(memory.lanes[state.lane].key.queue)
        }
        noteChange(state, rev: state.rev + 1)
        try forgetWaits(of: state.number)
        if isBlocked { try wait(state.number, standing) }
        return try job(state.number)
    }

    private func activeKey(of state: JobState) -> String? {
        let lane = memory.lanes[state.lane].key
        return state.uniqueKey.map { UniqueKey(type: lane.type, tenant: lane.tenant).stored($0) }
    }

    private func refuseTakenKey(_ state: JobState) throws(JobStoreError) {
        guard let key = activeKey(of: state) else { return }
        let find = try sql("SELECT number FROM jobs WHERE active_key = ?")
        find.bind(1, key)
        guard let number = try find.firstInt(), number != state.number, let holder = try self.state(number) else {
            return
        }
        if holder.status.isTerminal, let stop = stops[number] {
            throw .keyHeld(byStopOf: holder.id, until: stop.run.end, at: time)
        }
        throw .uniqueConflict(with: (holder.id, holder.status), key: state.uniqueKey ?? "")
    }

    func delete(_ reference: JobReference, ifRev: Set<Int64>?, scope: Scope) throws(JobStoreError) {
        let state = try state(reference, ifRev: ifRev, scope: scope)
        guard state.status.isTerminal else { throw .illegal(state, "deleted", reference) }
        try refuseStopping(state, "deleted", reference)
        try remove(state)
    }
}

extension JobStoreError {
    static func illegal(_ state: JobState, _ what: String, _ reference: JobReference) -> JobStoreError {
        JobStoreError(TransitionRefusal(.status, status: state.status), what, reference)
    }
}
