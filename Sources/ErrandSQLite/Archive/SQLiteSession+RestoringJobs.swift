import Errand
import FoundationEssentials

extension SQLiteSession {
    /// Writes a job in whatever state it is, unless it is there already.
    func restore(_ record: ArchivedJob) throws(JobStoreError) {
        let job = record.job
        let statement = try sql(JobRestore.insert)
        var row = RowBinder(statement)
        try addPlace(of: job, to: &row)
        addState(of: job, to: &row)
        addTimes(of: job, to: &row)
        addTexts(of: job, to: &row)
        row.add(record.fingerprint)
        for (text, field) in job.longTexts {
            try bind(statement, row.next(), text, field, of: job.number)
        }
        try row.run()
    }

    /// Which job it is, and where claims look for it.
    private func addPlace(of job: Job, to row: inout RowBinder) throws(JobStoreError) {
        let lane = try lane(queue: job.queue, type: job.type, tenant: job.tenantId)
        let tenant = memory.lanes[lane].tenant
        let phase = job.phase(at: time.wall)
        row.add(job.number)
        row.add(job.id)
        row.add(Int64(lane))
        row.add(tenant)
        row.add(try project(job.projectId, tenant: tenant))
        row.add(job.status.code)
        row.add(phase?.rawValue)
        row.add(phase == .due ? Int64(job.priority) : 0)
    }

    private func addState(of job: Job, to row: inout RowBinder) {
        row.add(Int64(job.priority))
        row.add(job.runAt.milliseconds)
        row.add(job.fence)
        row.add(job.rev)
        row.add(Int64(job.attempt))
        row.add(Int64(job.maxAttempts))
        row.add(Int64(job.lostCount))
        row.add(Int64(job.blockedBy))
        row.add(job.tracking != nil)
        row.add(job.isExpiryFixed)
    }

    private func addTimes(of job: Job, to row: inout RowBinder) {
        let isOpen = !job.status.isTerminal
        let staleAfter = job.tracking?.staleAfterSeconds.map { Int64($0) }
        row.add(job.createdAt.milliseconds)
        row.add(job.updatedAt.milliseconds)
        row.add(job.startedAt?.milliseconds)
        row.add(job.completedAt?.milliseconds)
        row.add(job.recordExpiresAt)
        row.add(job.progress.map { Int64($0) })
        row.add(job.workerId)
        row.add(staleAfter)
        row.add(isOpen ? staleAfter.map { job.updatedAt.milliseconds.later(bySeconds: $0) } : nil)
        row.add(job.status == .failed || job.status == .cancelled ? job.status.code : nil)
        row.add(job.timeoutSeconds.map { Int64($0) })
        row.add(job.cancelAcknowledgedAt?.milliseconds)
        row.add(job.uniqueKey)
        let key = UniqueKey(type: job.type, tenant: job.tenantId)
        row.add(isOpen ? job.uniqueKey.map { key.stored($0) } : nil)
    }

    private func addTexts(of job: Job, to row: inout RowBinder) {
        row.add(job.projectName)
        row.add(job.createdBy)
        row.add(job.createdByName)
        row.add(job.traceparent)
        row.add(job.progressMessage)
        row.add(job.resultType?.code)
        row.add(job.resultLocation)
        row.add(job.failure?.code)
        row.add(job.failure?.message)
        row.add(job.after.isEmpty ? nil : job.after.map(\.description).joined(separator: " "))
    }
}

extension Job {
    /// Where it stands with regard to claims.
    fileprivate func phase(at now: Date) -> JobPhase? {
        switch status {
        case .completed, .failed, .cancelled: nil
        case .queued, .running: tracking != nil ? .tracked : waitingPhase(at: now)
        }
    }

    private func waitingPhase(at now: Date) -> JobPhase {
        if blockedBy > 0 { return .blocked }
        return status == .running || runAt <= now ? .due : .scheduled
    }

    /// The texts that may be long, in the order in which they are inserted.
    fileprivate var longTexts: [(text: JSONText?, field: LongText)] {
        [
            (failure?.details, .failureDetails), (errors.isEmpty ? nil : errors.text, .errors),
            (metadata == .emptyObject ? nil : metadata, .metadata), (data, .data), (internalData, .internalData),
            (checkpoint, .checkpoint), (result, .result), (payload, .payload),
        ]
    }
}

private enum JobRestore {
    static let columns = [
        "number", "id", "lane", "tenant", "project", "status", "phase", "rank", "priority", "run_at", "fence", "rev",
        "attempt", "max_attempts", "lost_count", "blocked_by", "tracked", "expiry_fixed", "created_at", "updated_at",
        "started_at", "completed_at", "expires_at", "progress", "worker", "stale_after", "stale_at", "bad_end",
        "timeout", "cancel_acknowledged_at", "unique_key", "active_key", "project_name", "created_by",
        "created_by_name", "traceparent", "progress_message", "result_type", "result_location", "failure_code",
        "failure_message", "after", "fingerprint", "failure_details", "errors", "metadata", "data", "internal_data",
        "checkpoint", "result", "payload",
    ]

    static let insert = StaticSQL(
        SQLText(
            """
            INSERT INTO jobs (\(columns.joined(separator: ", ")), session)
            VALUES (\(Array(repeating: "?", count: columns.count).joined(separator: ", ")), 0)
            ON CONFLICT (number) DO NOTHING
            """
        )
    )
}
