import Errand
import FoundationEssentials

extension SQLiteSession {
    /// Ends runs, each with everything it leaves, or does nothing for it.
    ///
    /// Runs that were completed and leave nothing, which most do, are written by one statement together.
    func settle(_ settlements: [Result<Settlement, JobStoreError>]) throws(JobStoreError) -> [SettleResult] {
        var results: [SettleResult] = []
        results.reserveCapacity(settlements.count)
        var bare = BareCompletions()
        for settlement in settlements {
            switch settlement {
            case .success(let settlement):
                if settlement.isBareCompletion, let held = hold(settlement.lease) {
                    bare.add(settlement.lease, held, in: self)
                    results.append(.applied(.completed))
                } else {
                    try bare.write(in: self)
                    results.append(try settle(settlement))
                }
            case .failure(let error): results.append(.refused(error))
            }
        }
        try bare.write(in: self)
        return results
    }

    /// What is held under a lease that may be written under: this is the fence check of every worker's write.
    func hold(_ lease: JobLease) -> Lease? {
        guard let held = leases[lease], !held.isCancelled else { return nil }
        return held
    }

    private func settle(_ settlement: Settlement) throws(JobStoreError) -> SettleResult {
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
        guard let held = hold(lease) else { return .fenced(currentStatus: try state(of: lease)?.status) }
        if let report = settlement.report, report.hasMoreThanProgress(for: settlement.outcome) {
            try write(report)
            // The report and the end are one change to those who watch.
            try sql("UPDATE jobs SET rev = rev - ? WHERE number = ?").run(report.isVisible ? 1 : 0, lease.number)
        }
        if case .complete(let result) = settlement.outcome { return try complete(lease, held, result) }
        guard let state = try state(of: lease) else { return .fenced(currentStatus: nil) }
        switch settlement.outcome {
        case .fail(let failure, let delay): return try fail(state, failure, retryAfter: delay)
        case .snooze(let delay): return try giveBack(state, .snoozed, after: delay)
        case .release(let delay): return try giveBack(state, .released, after: delay)
        case .complete, .acknowledgeCancel: return .fenced(currentStatus: state.status)
        }
    }

    private func complete(_ lease: JobLease, _ held: Lease, _ result: JobResult) throws(JobStoreError) -> SettleResult {
        let update = try sql(
            """
            UPDATE jobs SET status = 2, phase = NULL, progress = 100, result_type = ?, result_location = ?, result = ?,
                completed_at = ?, updated_at = ?, rev = rev + 1,
                expires_at = CASE expiry_fixed WHEN 1 THEN expires_at ELSE ? END WHERE number = ?
            """
        )
        update.bind(1, result.type?.code)
        update.bind(2, result.location)
        try bind(update, 3, result.value, .result, of: lease.number)
        update.bind(4, now)
        update.bind(5, now)
        update.bind(6, rules.expiry(after: time.wall))
        update.bind(7, lease.number)
        try update.run()
        try addFiles(result.files, to: lease.number)
        setLease(lease.number, nil)
        noteCompleted(1, under: held.key)
        try followCompleted(lease, held)
        return .applied(.completed)
    }

    /// What is kept of the lease spares reading the job again.
    fileprivate func noteCompleted(_ jobs: Int, under key: CountKey) {
        count(key, .running, -jobs)
        count(key, .completed, jobs)
        noteStopped(key.lane, jobs)
    }

    /// What a completed job means for others, once it is written.
    fileprivate func followCompleted(_ lease: JobLease, _ held: Lease) throws(JobStoreError) {
        if held.hasUniqueKey { try sql("UPDATE jobs SET active_key = NULL WHERE number = ?").run(lease.number) }
        if !memory.webhooks.isEmpty { try deliverEnd(of: lease.number, lane: held.key.lane) }
        if memory.dependencyCount > 0 { try beginCascade(of: lease.number, lease.id, isCompleted: true) }
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
        if let state, let stop = stops[lease] { return try acknowledge(stop, of: state, lease) }
        // It is late, which changes nothing but what the record says.
        guard let state, let held = leases[lease], held.isCancelled else {
            return .fenced(currentStatus: state?.status)
        }
        try sql("UPDATE jobs SET cancel_acknowledged_at = ? WHERE number = ?").run(now, lease.number)
        setLease(lease.number, nil)
        return .applied(state.status)
    }

    private func acknowledge(_ stop: Stop, of state: JobState, _ lease: JobLease) throws(JobStoreError) -> SettleResult
    {
        if state.status == .cancelled {
            try sql("UPDATE jobs SET cancel_acknowledged_at = ? WHERE number = ?").run(now, lease.number)
            setLease(lease.number, nil)
        }
        try endStop(lease.number, stop)
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
            // What came as an upload goes with the job from now on.
            let take = try sql("UPDATE uploads SET job = ? WHERE key = ? AND job IS NULL")
            take.bind(1, number)
            take.bind(2, file.key)
            try take.run()
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

/// Runs that were completed and leave nothing but that, until they are written together.
private struct BareCompletions {
    private var runs: [(lease: JobLease, held: Lease)] = []
    private var tally = JobTally()

    mutating func add(_ lease: JobLease, _ held: Lease, in session: SQLiteSession) {
        runs.append((lease, held))
        tally.add(held.key)
        session.setLease(lease.number, nil)
    }

    mutating func write(in session: SQLiteSession) throws(JobStoreError) {
        guard !runs.isEmpty else { return }
        try session.update(runs.map(\.lease.number), by: .complete) { update in
            update.bind(3, session.now)
            update.bind(4, session.rules.expiry(after: session.time.wall))
        }
        for (key, count) in tally.parts { session.noteCompleted(count, under: key) }
        for run in runs { try session.followCompleted(run.lease, run.held) }
        self = BareCompletions()
    }
}

extension UpdateOfMany {
    fileprivate static let complete = UpdateOfMany(
        """
        status = 2, phase = NULL, progress = 100, completed_at = ?3, updated_at = ?3, rev = rev + 1,
        expires_at = CASE expiry_fixed WHEN 1 THEN expires_at ELSE ?4 END
        """
    )
}

extension Settlement {
    fileprivate var isBareCompletion: Bool {
        guard case .complete(let result) = outcome, followUps.isEmpty, result.type == nil, result.files.isEmpty else {
            return false
        }
        return report.map { !$0.hasMoreThanProgress(for: outcome) } ?? true
    }
}
