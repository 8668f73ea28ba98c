import Errand
import FoundationEssentials

/// Reads whole jobs, on any connection.
struct JobRow {
    /// The columns ``read(_:texts:leases:)`` expects, and where they come from.
    static let columns = """
        j.number, j.id, l.type, l.queue, l.tenant, p.id, j.project_name, j.status, j.priority, j.run_at,
        j.attempt, j.max_attempts, j.lost_count, j.progress, j.progress_message, j.result_type, j.result_location,
        j.failure_code, j.failure_message, j.failure_details, j.after, j.errors, j.metadata, j.data, j.internal_data,
        j.checkpoint, j.result, j.payload, j.created_at, j.updated_at, j.started_at, j.completed_at, j.expires_at,
        j.expiry_fixed, j.created_by, j.created_by_name, j.unique_key, j.timeout, j.traceparent, j.rev, j.fence,
        j.worker, j.cancel_acknowledged_at, j.blocked_by, j.tracked, j.stale_after, q.paused_since
        """
    static let source = """
        jobs j JOIN lanes l ON l.lane = j.lane LEFT JOIN projects p ON p.project = j.project
        LEFT JOIN queues q ON q.name = l.queue
        """

    let row: SQLStatement
    let texts: SQLStatement
    let number: Int64

    /// Reads the job in a statement's current row.
    ///
    /// - Parameters:
    ///   - row: Selects ``columns`` from ``source``.
    ///   - texts: Selects a text from `job_texts` by its place.
    ///   - leases: Where leases are kept.
    /// - Returns: The job.
    /// - Throws: `corrupt` when the row makes no sense.
    static func read(_ row: SQLStatement, texts: SQLStatement, leases: LeaseTable) throws(JobStoreError) -> Job {
        let reader = JobRow(row: row, texts: texts, number: row.int(0))
        var job = try reader.head()
        try reader.readRun(into: &job)
        try reader.readTexts(into: &job)
        reader.readTimes(into: &job)
        job.leaseEnd = leases[job.number]?.end
        job.stopping = leases.stops[job.number]?.run
        return job
    }

    private func head() throws(JobStoreError) -> Job {
        var job = Job(
            identity: (id: row.id(1), number: number),
            type: row.name(2),
            queue: row.name(3),
            createdAt: Date(milliseconds: row.int(28))
        )
        job.tenantId = row.optionalName(4)
        job.projectId = row.optionalName(5)
        job.projectName = row.optionalText(6)
        job.status = try JobStatus(code: row.int(7))
        job.priority = Int16(truncatingIfNeeded: row.int(8))
        job.runAt = Date(milliseconds: row.int(9))
        job.attempt = Int(row.int(10))
        job.maxAttempts = Int(row.int(11))
        job.lostCount = Int(row.int(12))
        job.updatedAt = Date(milliseconds: row.int(29))
        job.isExpiryFixed = row.int(33) != 0
        job.rev = row.int(39)
        job.fence = row.int(40)
        job.blockedBy = Int(row.int(43))
        job.isQueuePaused = !row.isNull(46)
        return job
    }

    private func readRun(into job: inout Job) throws(JobStoreError) {
        job.progress = row.optionalInt(13).map { Int($0) }
        job.progressMessage = row.optionalText(14)
        job.resultType = ResultType(code: row.optionalInt(15))
        job.resultLocation = row.optionalText(16)
        if let code = row.optionalText(17) {
            let failure = JobFailure(code: code, message: row.text(18), details: try long(19, .failureDetails))
            job.failure = failure
            job.error = failure.message
        }
        job.workerId = row.optionalName(41)
        job.timeoutSeconds = row.optionalInt(37).map { Int($0) }
        if row.int(44) != 0 { job.tracking = Tracking(staleAfterSeconds: row.optionalInt(45).map { Int($0) }) }
    }

    private func readTexts(into job: inout Job) throws(JobStoreError) {
        if let after = row.optionalText(20) { job.after = [JobID](stored: after) }
        if let errors = try long(21, .errors) { job.errors = try [RunRecord](stored: errors) }
        job.metadata = try long(22, .metadata) ?? .emptyObject
        job.data = try long(23, .data)
        job.internalData = try long(24, .internalData)
        job.checkpoint = try long(25, .checkpoint)
        job.result = try long(26, .result)
        job.payload = try long(27, .payload) ?? .emptyObject
        job.createdBy = row.optionalText(34)
        job.createdByName = row.optionalText(35)
        job.traceparent = row.optionalText(38)
        job.uniqueKey = row.optionalName(36)
    }

    private func readTimes(into job: inout Job) {
        job.startedAt = row.optionalInt(30).map(Date.init(milliseconds:))
        job.completedAt = row.optionalInt(31).map(Date.init(milliseconds:))
        job.recordExpiresAt = row.optionalInt(32)
        job.cancelAcknowledgedAt = row.optionalInt(42).map(Date.init(milliseconds:))
    }

    /// A text that is in the row, or, where the row has an empty blob, in `job_texts`.
    private func long(_ column: CInt, _ field: LongText) throws(JobStoreError) -> JSONText? {
        try row.longText(column, field, of: number, from: texts)
    }
}

extension SQLStatement {
    func longText(
        _ column: CInt,
        _ field: LongText,
        of number: Int64,
        from texts: SQLStatement
    ) throws(JobStoreError) -> JSONText? {
        if isNull(column) { return nil }
        guard isBlob(column) else { return JSONText(trusted: text(column)) }
        texts.bind(1, field.place(number))
        defer { texts.reset() }
        guard try texts.step() else {
            throw JobStoreError(.corrupt, "Job #\(number) lacks a text it should have (field \(field)).")
        }
        return JSONText(trusted: texts.text(0))
    }
}

extension StaticSQL {
    static let readText: StaticSQL = "SELECT text FROM job_texts WHERE place = ?"
}
