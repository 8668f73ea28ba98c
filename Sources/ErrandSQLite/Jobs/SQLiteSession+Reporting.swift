import Errand
import FoundationEssentials

extension SQLiteSession {
    /// Prolongs a lease: a change to the memory alone.
    func renew(_ lease: JobLease, for duration: Duration) -> LeaseRenewal {
        if stops[lease] != nil { return .cancelled }
        guard var held = leases[lease] else { return .lost }
        if held.isCancelled { return .cancelled }
        held.end = time.steady + duration
        setLease(lease.number, held)
        return .renewed
    }

    /// Writes what a run reports, if the fence is the job's.
    func report(_ report: RunReport) throws(JobStoreError) -> WriteResult {
        guard hold(report.lease) != nil else { return try refusal(of: report.lease) }
        try write(report)
        return .applied
    }

    /// Writes a normalized report of a run whose lease is held.
    func write(_ report: RunReport) throws(JobStoreError) {
        let number = report.lease.number
        let isVisible = report.progress != nil || report.message != nil || report.data != nil
        let update = try sql(
            """
            UPDATE jobs SET progress = ifnull(?, progress), progress_message = ifnull(?, progress_message),
                rev = rev + ?, updated_at = CASE ? WHEN 0 THEN updated_at ELSE ? END
            WHERE number = ?
            """
        )
        update.bind(1, report.progress.map { Int64($0) })
        update.bind(2, report.message)
        update.bind(3, isVisible ? 1 : 0)
        update.bind(4, isVisible ? 1 : 0)
        update.bind(5, now)
        update.bind(6, number)
        try update.run()
        if let data = report.data { try setText(data, "UPDATE jobs SET data = ? WHERE number = ?", .data, number) }
        if let checkpoint = report.checkpoint {
            let statement: StaticSQL = "UPDATE jobs SET checkpoint = ?, lost_count = 0 WHERE number = ?"
            try setText(checkpoint, statement, .checkpoint, number)
        }
        try append(report)
        if isVisible, interest.contains(.jobs), let state = try state(number) { noteChange(state, rev: state.rev) }
    }

    private func setText(
        _ text: JSONText,
        _ statement: StaticSQL,
        _ field: LongText,
        _ number: Int64
    ) throws(JobStoreError) {
        let update = try sql(statement)
        try bind(update, 1, text, field, of: number)
        update.bind(2, number)
        try update.run()
    }

    /// Why a fenced write did not take effect.
    private func refusal(of lease: JobLease) throws(JobStoreError) -> WriteResult {
        if stops[lease] != nil { return .cancelled }
        if let held = leases[lease], held.isCancelled { return .cancelled }
        return .fenced(currentStatus: try state(of: lease)?.status)
    }

    /// The job a lease is for, whoever holds it now.
    func state(of lease: JobLease) throws(JobStoreError) -> JobState? {
        guard let state = try state(lease.number), state.id == lease.id else { return nil }
        return state
    }

    private func append(_ report: RunReport) throws(JobStoreError) {
        let (lines, number) = (report.logs, report.lease.number)
        guard !lines.isEmpty, let attempt = try state(number)?.attempt, try isNews(report) else { return }
        let count = try sql("SELECT count(*) FROM job_logs WHERE number = ? AND attempt = ?")
        count.bind(1, number)
        count.bind(2, attempt)
        let room = JobLimits.logLinesPerAttempt - Int(try count.onlyInt())
        let insert = try sql(
            """
            INSERT INTO job_logs SELECT ?1, ifnull(max(sequence), 0) + 1, ?2, ?3, ?4, ?5
            FROM job_logs WHERE number = ?1
            """
        )
        for line in lines.prefix(max(0, room)) {
            insert.bind(1, number)
            insert.bind(2, attempt)
            insert.bind(3, line.at.wholeMilliseconds.milliseconds)
            insert.bind(4, line.level.rawValue)
            insert.bind(5, line.message)
            try insert.run()
        }
    }

    /// Notes the number of the lines, if they have one; false when the run has sent them before.
    private func isNews(_ report: RunReport) throws(JobStoreError) -> Bool {
        guard let batch = report.logBatch else { return true }
        let note = try sql(
            """
            INSERT INTO log_batches VALUES (?, ?, ?)
            ON CONFLICT (number) DO UPDATE SET fence = excluded.fence, batch = excluded.batch
            WHERE fence <> excluded.fence OR batch < excluded.batch RETURNING 1
            """
        )
        note.bind(1, report.lease.number)
        note.bind(2, report.lease.fence)
        note.bind(3, batch)
        return try note.firstInt() != nil
    }
}
