#if Postgres
import Errand
import FoundationEssentials

/// Reads jobs from rows.
enum JobRow {
    /// What every reader needs, in the order ``read(_:isWhole:)`` takes it.
    static let columns = """
        j.number, j.id, j.type, j.queue, j.created_at, j.tenant, j.project, j.project_name, j.status, j.priority,
        j.run_at, j.attempt, j.max_attempts, j.lost_count, j.updated_at, j.expiry_fixed, j.rev, j.fence, j.blocked_by,
        j.progress, j.progress_message, j.result_type, j.result_location, j.failure_code, j.failure_message,
        j.failure_details, j.worker, j.timeout, j.tracked, j.stale_after, j.errors, j.created_by, j.created_by_name,
        j.traceparent, j.unique_key, j.started_at, j.completed_at, j.expires_at, j.lease_end, j.cancel_acknowledged_at,
        j.fingerprint, j.has_dependents, q.paused_since IS NOT NULL, q.concurrency IS NOT NULL
        """
    /// The texts that may be long.
    static let texts = "j.after_ids, j.metadata, j.data, j.internal_data, j.checkpoint, j.result, j.payload"
    /// Whether there is a result, in the place of the texts.
    static let noTexts = "j.result IS NOT NULL"
    static let source = "errand.jobs j LEFT JOIN errand.queues q ON q.name = j.queue"

    static let whole = "SELECT \(columns), \(texts) FROM \(source)"
    static let narrow = "SELECT \(columns), \(noTexts) FROM \(source)"

    /// Reads the job in a row of ``whole`` or ``narrow``.
    static func read(_ row: inout PostgresRow, isWhole: Bool) throws(JobStoreError) -> HeldJob {
        let number = row.int()
        var job = Job(
            identity: (id: try row.id(), number: number),
            type: row.text(),
            queue: row.text(),
            createdAt: row.date()
        )
        try readHead(&row, into: &job)
        try readRun(&row, into: &job)
        readTimes(&row, into: &job)
        let fingerprint = row.optionalText()
        let hasDependents = row.bool()
        job.isQueuePaused = row.bool()
        let isLimited = row.bool()
        if isWhole { readTexts(&row, into: &job) } else { job.result = row.bool() ? .unread : nil }
        return HeldJob(
            job: job,
            stored: job,
            hasDependents: hasDependents,
            isLimited: isLimited,
            fingerprint: fingerprint
        )
    }

    private static func readHead(_ row: inout PostgresRow, into job: inout Job) throws(JobStoreError) {
        job.tenantId = row.optionalText()
        job.projectId = row.optionalText()
        job.projectName = row.optionalText()
        job.status = try JobStatus(code: row.int())
        job.priority = Int16(truncatingIfNeeded: row.int())
        job.runAt = row.date()
        job.attempt = Int(row.int())
        job.maxAttempts = Int(row.int())
        job.lostCount = Int(row.int())
        job.updatedAt = row.date()
        job.isExpiryFixed = row.bool()
        job.rev = row.int()
        job.fence = row.int()
        job.blockedBy = Int(row.int())
    }

    private static func readRun(_ row: inout PostgresRow, into job: inout Job) throws(JobStoreError) {
        job.progress = row.optionalInt().map { Int($0) }
        job.progressMessage = row.optionalText()
        job.resultType = ResultType(code: row.optionalInt())
        job.resultLocation = row.optionalText()
        let (code, message, details) = (row.optionalText(), row.optionalText(), row.json())
        job.failure = code.map { JobFailure(code: $0, message: message ?? "", details: details) }
        job.error = job.failure?.message
        job.workerId = row.optionalText()
        job.timeoutSeconds = row.optionalInt().map { Int($0) }
        let (isTracked, staleAfter) = (row.bool(), row.optionalInt())
        job.tracking = isTracked ? Tracking(staleAfterSeconds: staleAfter.map { Int($0) }) : nil
        if let errors = row.json() { job.errors = try [RunRecord](stored: errors) }
        job.createdBy = row.optionalText()
        job.createdByName = row.optionalText()
        job.traceparent = row.optionalText()
        job.uniqueKey = row.optionalText()
    }

    private static func readTimes(_ row: inout PostgresRow, into job: inout Job) {
        job.startedAt = row.optionalDate()
        job.completedAt = row.optionalDate()
        job.recordExpiresAt = row.optionalInt()
        job.leaseEnd = row.optionalInt().map { .microseconds($0) }
        job.cancelAcknowledgedAt = row.optionalDate()
    }

    private static func readTexts(_ row: inout PostgresRow, into job: inout Job) {
        // {id,id}, or nothing.
        let after = row.text().split { $0 == "{" || $0 == "," || $0 == "}" }
        job.after = after.compactMap { JobID(String($0)) }
        job.metadata = row.json() ?? .emptyObject
        job.data = row.json()
        job.internalData = row.json()
        job.checkpoint = row.json()
        job.result = row.json()
        job.payload = row.json() ?? .emptyObject
    }
}
#endif
