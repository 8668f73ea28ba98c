#if Postgres
import Errand
import FoundationEssentials

/// Reads jobs from rows.
enum JobRow {
    /// What every reader needs, in the order ``read(_:isWhole:)`` takes it.
    static let columns = """
        s.number, j.id, j.type, j.queue, j.created_at, j.tenant, j.project, j.project_name, s.status, s.priority,
        s.run_at, s.attempt, j.max_attempts, s.lost_count, s.updated_at, j.expiry_fixed, s.rev, s.fence, s.blocked_by,
        s.progress, s.progress_message, s.result_type, s.result_location, s.failure_code, s.failure_message,
        s.failure_details, s.worker, j.timeout, j.tracked, j.stale_after, s.errors, j.created_by, j.created_by_name,
        j.traceparent, j.unique_key, s.started_at, s.completed_at, s.expires_at, s.lease_end, s.stop_fence, s.stop_end,
        s.cancel_acknowledged_at, j.fingerprint, s.has_dependents, q.paused_since IS NOT NULL, q.concurrency IS NOT NULL
        """
    /// The texts that may be long.
    static let texts = "j.after_ids, j.metadata, s.data, s.internal_data, s.checkpoint, s.result, j.payload"
    /// Whether there is a result, in the place of the texts.
    static let noTexts = "s.result IS NOT NULL"

    /// Where a job stands.
    enum Table: String {
        case live
        case ended

        static let all: [Table] = [.live, .ended]
        /// The table as `s`, and what belongs to its rows.
        var source: String {
            """
            errand.\(rawValue) s JOIN errand.jobs j ON j.number = s.number LEFT JOIN errand.queues q ON q.name = j.queue
            """
        }
    }

    /// A job wherever it stands, as `j` with its state as `s`: for who goes by what was submitted.
    static let wholeAnywhere: String = {
        let state = (["number"] + JobColumn.state.map(\.name)).joined(separator: ", ")
        return """
            SELECT \(columns), \(texts) FROM errand.jobs j CROSS JOIN LATERAL (
                SELECT \(state) FROM errand.live WHERE number = j.number UNION ALL
                SELECT \(state) FROM errand.ended WHERE number = j.number) s
            LEFT JOIN errand.queues q ON q.name = j.queue
            """
    }()

    static func whole(_ table: Table) -> String { "SELECT \(columns), \(texts) FROM \(table.source)" }
    static func narrow(_ table: Table) -> String { "SELECT \(columns), \(noTexts) FROM \(table.source)" }

    /// Reads the job in a row of ``whole(_:)`` or ``narrow(_:)``.
    static func read(_ row: inout PostgresRow, isWhole: Bool) throws(JobStoreError) -> HeldJob {
        let number = row.int()
        return try CorruptRow.naming(number) { () throws(JobStoreError) in
            try read(&row, of: number, isWhole: isWhole)
        }
    }

    private static func read(
        _ row: inout PostgresRow,
        of number: Int64,
        isWhole: Bool
    ) throws(JobStoreError) -> HeldJob {
        var job = Job(
            identity: (id: try row.id(), number: number),
            type: row.name(),
            queue: row.name(),
            createdAt: row.date()
        )
        try readHead(&row, into: &job)
        try readRun(&row, into: &job)
        readTimes(&row, into: &job)
        let fingerprint = row.optionalText()
        let hasDependents = row.bool()
        job.isQueuePaused = row.bool()
        let isLimited = row.bool()
        if isWhole { try readTexts(&row, into: &job) } else { job.result = row.bool() ? .unread : nil }
        return HeldJob(
            job: job,
            stored: job,
            hasDependents: hasDependents,
            isLimited: isLimited,
            fingerprint: fingerprint
        )
    }

    private static func readHead(_ row: inout PostgresRow, into job: inout Job) throws(JobStoreError) {
        job.tenantId = row.optionalName()
        job.projectId = row.optionalName()
        job.projectName = row.optionalText()
        job.status = try JobStatus(code: row.int())
        job.priority = Int16(truncatingIfNeeded: row.int())
        job.runAt = row.date()
        let (attempt, maxAttempts, lostCount) = (row.int(), row.int(), row.int())
        (job.attempt, job.maxAttempts, job.lostCount) = (Int(attempt), Int(maxAttempts), Int(lostCount))
        job.updatedAt = row.date()
        job.isExpiryFixed = row.bool()
        job.rev = row.int()
        job.fence = row.int()
        job.blockedBy = Int(row.int())
        try CorruptRow.check(attempt: attempt, maxAttempts: maxAttempts, lostCount: lostCount, fence: job.fence)
    }

    private static func readRun(_ row: inout PostgresRow, into job: inout Job) throws(JobStoreError) {
        job.progress = row.optionalInt().map { Int($0) }
        job.progressMessage = row.optionalText()
        job.resultType = ResultType(code: row.optionalInt())
        job.resultLocation = row.optionalText()
        let (code, message, details) = (row.optionalText(), row.optionalText(), try row.json())
        job.failure = code.map { JobFailure(code: $0, message: message ?? "", details: details) }
        job.error = job.failure?.message
        job.workerId = row.optionalName()
        job.timeoutSeconds = row.optionalInt().map { Int($0) }
        let (isTracked, staleAfter) = (row.bool(), row.optionalInt())
        job.tracking = isTracked ? Tracking(staleAfterSeconds: staleAfter.map { Int($0) }) : nil
        if let errors = try row.json() { job.errors = try [RunRecord](stored: errors) }
        job.createdBy = row.optionalText()
        job.createdByName = row.optionalText()
        job.traceparent = row.optionalText()
        job.uniqueKey = row.optionalName()
    }

    private static func readTimes(_ row: inout PostgresRow, into job: inout Job) {
        job.startedAt = row.optionalDate()
        job.completedAt = row.optionalDate()
        job.recordExpiresAt = row.optionalInt()
        job.leaseEnd = row.optionalInt().map { .microseconds($0) }
        let (fence, end) = (row.optionalInt(), row.optionalInt())
        if let fence, let end { job.stopping = StoppingRun(fence: fence, end: .microseconds(end)) }
        job.cancelAcknowledgedAt = row.optionalDate()
    }

    private static func readTexts(_ row: inout PostgresRow, into job: inout Job) throws(JobStoreError) {
        // {id,id}, or nothing.
        let after = row.text().split { $0 == "{" || $0 == "," || $0 == "}" }
        job.after = after.compactMap { JobID(String($0)) }
        job.metadata = try row.json() ?? .emptyObject
        job.data = try row.json()
        job.internalData = try row.json()
        job.checkpoint = try row.json()
        job.result = try row.json()
        job.payload = try row.json() ?? .emptyObject
    }
}
#endif
