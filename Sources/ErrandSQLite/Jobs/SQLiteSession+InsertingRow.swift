import Errand
import FoundationEssentials

extension SQLiteSession {
    func store(_ new: NewRow, tenant: Name?) throws(JobStoreError) {
        let row = try sql(JobInsert.one)
        try bind(row, new, project: project(new.job.projectId, tenant: memory.lanes[new.lane].tenant), at: 0)
        try row.run()
        if new.job.hasRareFields { try storeRareFields(new, tenant: tenant) }
    }

    /// Binds a new row's values from a position on.
    func bind(_ row: SQLStatement, _ new: NewRow, project: Int64?, at offset: CInt) throws(JobStoreError) {
        let job = new.job
        row.bind(offset + 1, new.number)
        row.bind(offset + 2, new.id)
        row.bind(offset + 3, new.lane)
        row.bind(offset + 4, memory.lanes[new.lane].tenant)
        row.bind(offset + 5, project)
        row.bind(offset + 6, new.startsRunning ? JobStatus.running.code : JobStatus.queued.code)
        let phase = new.phase(at: now)
        row.bind(offset + 7, phase.rawValue)
        row.bind(offset + 8, phase == .due ? Int(job.priority) : 0)
        row.bind(offset + 9, Int(job.priority))
        row.bind(offset + 10, new.runAt(now))
        row.bind(offset + 11, new.startsRunning ? 1 : 0)
        row.bind(offset + 12, new.startsRunning ? 1 : 0)
        row.bind(offset + 13, job.maxAttempts)
        row.bind(offset + 14, new.blockedBy)
        row.bind(offset + 15, job.tracking == nil ? 0 : 1)
        row.bind(offset + 16, job.recordExpiresAt == nil ? 0 : 1)
        row.bind(offset + 17, now)
        row.bind(offset + 18, now)
        row.bind(offset + 19, new.startsRunning ? now : nil)
        row.bind(offset + 20, job.recordExpiresAt ?? (job.tracking == nil ? nil : rules.expiry(after: time.wall)))
        row.bind(offset + 21, job.timeoutSeconds.map { Int64($0) })
        if job.metadata == .emptyObject {
            row.bindNull(offset + 22)
        } else {
            try bind(row, offset + 22, job.metadata, .metadata, of: new.number)
        }
        try bind(row, offset + 23, job.payload, .payload, of: new.number)
    }

    private func storeRareFields(_ new: NewRow, tenant: Name?) throws(JobStoreError) {
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
        row.bind(3, job.id == nil ? nil : job.fingerprint.text)
        row.bind(4, job.projectName)
        row.bind(5, job.createdBy)
        row.bind(6, job.createdByName)
        row.bind(7, job.traceparent)
        row.bind(8, new.after.isEmpty ? nil : new.after.map(\.description).joined(separator: " "))
        try bind(row, 9, job.data, .data, of: new.number)
        try bind(row, 10, job.internalData, .internalData, of: new.number)
        row.bind(11, job.tracking?.staleAfterSeconds.map { now.later(bySeconds: Int64($0)) })
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

/// The statements that insert jobs.
enum JobInsert {
    /// How many values a row takes.
    static let width: CInt = 23

    static let one = rows(1)

    /// The columns of nearly every job; what only some have is added by an update, so that the many stay quick.
    static func rows(_ count: Int) -> SQLText {
        let row = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, 0, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?)"
        return SQLText(
            """
            INSERT INTO jobs (number, id, lane, tenant, project, status, phase, rank, priority, run_at, fence, rev,
                attempt, max_attempts, lost_count, blocked_by, tracked, expiry_fixed, session, created_at, updated_at,
                started_at, expires_at, timeout, metadata, payload)
            VALUES \(Array(repeating: row, count: count).joined(separator: ", "))
            """
        )
    }
}

extension NewJob {
    /// Whether the job has what is stored by a statement of its own.
    var hasRareFields: Bool {
        id != nil || uniqueKey != nil || projectName != nil || createdBy != nil || createdByName != nil
            || traceparent != nil || !after.isEmpty || data != nil || internalData != nil || tracking != nil
    }
}
