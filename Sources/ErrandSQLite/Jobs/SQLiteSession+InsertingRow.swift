import Errand
import FoundationEssentials

extension SQLiteSession {
    /// The columns of nearly every job; what only some have is added by an update, so that the many stay quick.
    private static let insertRow: StaticSQL = """
        INSERT INTO jobs (number, id, lane, tenant, project, status, phase, rank, priority, run_at, fence, rev, attempt,
            max_attempts, lost_count, blocked_by, tracked, expiry_fixed, session, created_at, updated_at, started_at,
            expires_at, timeout, metadata, payload)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, 0, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?)
        """

    func store(_ new: NewRow, tenant: String?) throws(JobStoreError) {
        let job = new.job
        let tenantNumber = memory.lanes[new.lane].tenant
        let row = try sql(Self.insertRow)
        row.bind(1, new.number)
        row.bind(2, new.id)
        row.bind(3, new.lane)
        row.bind(4, tenantNumber)
        row.bind(5, try project(job.projectId, tenant: tenantNumber))
        row.bind(6, new.startsRunning ? JobStatus.running.code : JobStatus.queued.code)
        let phase = new.phase(at: now)
        row.bind(7, phase.rawValue)
        row.bind(8, phase == .claimable ? Int(job.priority) : 0)
        row.bind(9, Int(job.priority))
        row.bind(10, new.runAt(now))
        row.bind(11, new.startsRunning ? 1 : 0)
        row.bind(12, new.startsRunning ? 1 : 0)
        row.bind(13, job.maxAttempts)
        row.bind(14, new.blockedBy)
        row.bind(15, job.tracking == nil ? 0 : 1)
        try bindTimes(row, new)
        if job.metadata == .emptyObject {
            row.bindNull(22)
        } else {
            try bind(row, 22, job.metadata, .metadata, of: new.number)
        }
        try bind(row, 23, job.payload, .payload, of: new.number)
        try row.run()
        if job.hasRareFields { try storeRareFields(new, tenant: tenant) }
    }

    private func bindTimes(_ row: SQLStatement, _ new: NewRow) throws(JobStoreError) {
        let job = new.job
        row.bind(16, job.recordExpiresAt == nil ? 0 : 1)
        row.bind(17, now)
        row.bind(18, now)
        row.bind(19, new.startsRunning ? now : nil)
        row.bind(20, job.recordExpiresAt ?? (job.tracking == nil ? nil : rules.expiry(after: time.wall)))
        row.bind(21, job.timeoutSeconds.map { Int64($0) })
    }

    private func storeRareFields(_ new: NewRow, tenant: String?) throws(JobStoreError) {
        let job = new.job
        let row = try sql(
            """
            UPDATE jobs SET stale_after = ?, unique_key = ?, fingerprint = ?, project_name = ?, created_by = ?,
                created_by_name = ?, traceparent = ?, after = ?, data = ?, internal_data = ?, stale_at = ?,
                active_key = ? WHERE number = ?
            """
        )
        row.bind(1, job.tracking?.staleAfterSeconds.map { Int64($0) })
        row.bind(2, job.uniqueKey)
        row.bind(3, job.id == nil ? nil : job.fingerprint)
        row.bind(4, job.projectName)
        row.bind(5, job.createdBy)
        row.bind(6, job.createdByName)
        row.bind(7, job.traceparent)
        row.bind(8, job.after.isEmpty ? nil : job.after.map(\.description).joined(separator: " "))
        try bind(row, 9, job.data, .data, of: new.number)
        try bind(row, 10, job.internalData, .internalData, of: new.number)
        row.bind(11, job.tracking?.staleAfterSeconds.map { now + Int64($0) * 1000 })
        row.bind(12, job.uniqueKey.map { UniqueKey(type: job.type, tenant: tenant).stored($0) })
        row.bind(13, new.number)
        try row.run()
    }

    /// Binds a text that may be long: over 2 KiB it goes to `job_texts`, and the column gets an empty blob.
    func bind(
        _ statement: SQLStatement,
        _ position: CInt,
        _ text: JSONText?,
        _ field: LongText,
        of number: Int64
    ) throws(JobStoreError) {
        guard let text else { return statement.bindNull(position) }
        guard text.utf8Count > LongText.inlineBytes else { return statement.bind(position, text.string) }
        let store = try sql("INSERT OR REPLACE INTO job_texts VALUES (?, ?)")
        store.bind(1, field.place(number))
        store.bind(2, text.string)
        try store.run()
        statement.bindEmptyBlob(position)
    }
}

extension NewJob {
    fileprivate var hasRareFields: Bool {
        id != nil || uniqueKey != nil || projectName != nil || createdBy != nil || createdByName != nil
            || traceparent != nil || !after.isEmpty || data != nil || internalData != nil || tracking != nil
    }
}
