import Errand
import FoundationEssentials

extension SQLiteSession {
    /// Ends a run, with everything it leaves, or does nothing.
    func settle(_ settlement: Settlement) throws(JobStoreError) -> SettleResult {
        if settlement.followUps.isEmpty { return try end(settlement) }
        do throws(JobStoreError) {
            return try nested { () throws(JobStoreError) in
                let result = try end(settlement)
                if case .applied = result { try insertFollowUps(of: settlement) }
                return result
            }
        } catch {
            // The database's own troubles are everybody's; a refusal is this settlement's alone.
            switch error.code {
            case .full, .unavailable, .corrupt: throw error
            default: return .refused(error)
            }
        }
    }

    private func insertFollowUps(of settlement: Settlement) throws(JobStoreError) {
        guard let state = try state(settlement.lease.number) else { return }
        let tenant = memory.lanes[state.lane].key.tenant
        let scope = tenant.map { Scope.tenant($0) } ?? .system
        _ = try insert(settlement.followUps, tenant: tenant, scope: scope)
    }

    private func end(_ settlement: Settlement) throws(JobStoreError) -> SettleResult {
        let lease = settlement.lease
        if case .acknowledgeCancel = settlement.outcome { return try acknowledgeCancel(lease) }
        if let report = settlement.report, report.hasMoreThanProgress(for: settlement.outcome) {
            guard try write(report) else { return .fenced(currentStatus: try state(of: lease)?.status) }
            // The report and the end are one change to those who watch.
            try sql("UPDATE jobs SET rev = rev - ? WHERE number = ?").run(report.isVisible ? 1 : 0, lease.number)
        }
        if case .complete(let result) = settlement.outcome { return try complete(lease, result) }
        guard let state = try state(of: lease), state.fence == lease.fence, state.status == .running,
            !state.isTracked
        else { return .fenced(currentStatus: try state(of: lease)?.status) }
        switch settlement.outcome {
        case .fail(let failure, let delay): return try fail(state, failure, retryAfter: delay)
        case .snooze(let delay): return try giveBack(state, .snoozed, after: delay)
        case .release(let delay): return try giveBack(state, .released, after: delay)
        case .complete, .acknowledgeCancel: return .fenced(currentStatus: state.status)
        }
    }

    private func complete(_ lease: JobLease, _ result: JobResult) throws(JobStoreError) -> SettleResult {
        let update = try sql(
            """
            UPDATE jobs SET status = 2, progress = 100, result_type = ?, result_location = ?, result = ?,
                completed_at = ?, updated_at = ?, rev = rev + 1,
                expires_at = CASE expiry_fixed WHEN 1 THEN expires_at ELSE ? END
            WHERE number = ? AND fence = ? AND id = ? AND status = 1 AND tracked = 0
            """
        )
        update.bind(1, result.type?.code)
        update.bind(2, result.location)
        if result.value?.utf8Count ?? 0 <= LongText.inlineBytes {
            update.bind(3, result.value?.string)
        } else {
            update.bindEmptyBlob(3)
        }
        update.bind(4, now)
        update.bind(5, now)
        update.bind(6, rules.expiry(after: time.wall))
        update.bind(7, lease.number)
        update.bind(8, lease.fence)
        update.bind(9, lease.id)
        try update.run()
        guard sql.changedRows == 1 else { return .fenced(currentStatus: try state(of: lease)?.status) }
        if let value = result.value, value.utf8Count > LongText.inlineBytes {
            try storeLong(value, .result, of: lease.number)
        }
        try addFiles(result.files, to: lease.number)
        try noteCompleted(lease)
        return .applied(.completed)
    }

    /// What is kept of the lease spares reading the job again.
    private func noteCompleted(_ lease: JobLease) throws(JobStoreError) {
        guard let held = leases[lease.number] else { return }
        setLease(lease.number, nil)
        count(held.lane, held.project, .running, -1)
        count(held.lane, held.project, .completed, 1)
        noteStopped(held.lane)
        if memory.dependencyCount > 0 { try releaseDependents(of: lease.number) }
        if interest.contains(.jobs), let state = try state(lease.number) { noteChange(state, rev: state.rev) }
    }

    private func fail(
        _ state: JobState,
        _ failure: JobFailure,
        retryAfter: Duration?
    ) throws(JobStoreError) -> SettleResult {
        if let retryAfter, state.attempt < state.maxAttempts {
            try requeue(state, .failed, failure, after: retryAfter, keepsAttempt: true)
            return .applied(.queued)
        }
        try recordRun(of: state, .failed, failure)
        try sql("UPDATE jobs SET lost_count = 0 WHERE number = ?").run(state.number)
        try fail(state, with: failure)
        return .applied(.failed)
    }

    /// Ends a job as `Failed`.
    func fail(_ state: JobState, with failure: JobFailure) throws(JobStoreError) {
        try setFailure(failure, of: state.number)
        try finish(state, as: .failed)
        setLease(state.number, nil)
    }

    private func giveBack(
        _ state: JobState,
        _ outcome: RunRecord.Outcome,
        after delay: Duration
    ) throws(JobStoreError) -> SettleResult {
        try requeue(state, outcome, nil, after: delay, keepsAttempt: false)
        return .applied(.queued)
    }

    private func acknowledgeCancel(_ lease: JobLease) throws(JobStoreError) -> SettleResult {
        let state = try state(of: lease)
        guard let state, let held = leases[lease], held.isCancelled else {
            return .fenced(currentStatus: state?.status)
        }
        try sql("UPDATE jobs SET cancel_acknowledged_at = ? WHERE number = ?").run(now, lease.number)
        setLease(lease.number, nil)
        return .applied(state.status)
    }

    func addFiles(_ files: [JobFile], to number: Int64) throws(JobStoreError) {
        for file in files {
            let insert = try sql("INSERT OR REPLACE INTO job_files VALUES (?, ?, ?, ?, ?, ?)")
            insert.bind(1, number)
            insert.bind(2, file.name)
            insert.bind(3, file.key)
            insert.bind(4, file.size)
            insert.bind(5, file.sha256)
            insert.bind(6, file.contentType)
            try insert.run()
        }
    }
}

extension RunReport {
    var isVisible: Bool { progress != nil || message != nil || data != nil }

    /// Whether it must be written although the run completes, which sets progress to 100 by itself.
    fileprivate func hasMoreThanProgress(for outcome: Settlement.Outcome) -> Bool {
        if case .complete = outcome { return message != nil || data != nil || checkpoint != nil || !logs.isEmpty }
        return true
    }
}
