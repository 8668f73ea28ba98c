import Errand
import FoundationEssentials

extension SQLiteSession {
    /// Makes what a submit says that of the queued job that has its unique key, as the transition says.
    func replace(
        _ state: JobState,
        with new: NewJob,
        at index: Int
    ) throws(JobStoreError) {
        let before = try job(state.number)
        let after: Job
        do throws(TransitionRefusal) {
            after = try before.applying(.replace(new), at: time, rules: rules)
        } catch { throw .irreplaceable(error, state.id, key: new.uniqueKey ?? "", at: index) }
        let lane = try lane(queue: after.queue, type: after.type, tenant: after.tenantId)
        let project = try project(after.projectId, tenant: memory.lanes[lane].tenant)
        let phase = phase(of: state, blockedBy: Int64(after.blockedBy), dueAt: after.runAt.milliseconds)
        try writePlace(of: after, in: lane, project, phase)
        try writeInput(of: after)
        if after.after.isEmpty { try forgetWaits(of: state.number) }
        try move(state, to: lane, project, phase)
        try deleteWebhook(ofJob: state.number)
        try add(new.webhook, to: state.number, tenant: after.tenantId)
        noteChange(of: after)
    }

    /// Writes how it waits and what of an earlier run is not its any more.
    private func writePlace(
        of job: Job,
        in lane: Int,
        _ project: Int64?,
        _ phase: JobPhase
    ) throws(JobStoreError) {
        let statement = try sql(
            """
            UPDATE jobs SET lane = ?, project = ?, phase = ?, rank = ?, priority = ?, run_at = ?, rev = ?,
                max_attempts = ?, blocked_by = ?, expiry_fixed = ?, updated_at = ?, expires_at = ?, stale_after = ?,
                stale_at = ?, timeout = ?, attempt = 0, lost_count = 0, started_at = NULL, worker = NULL,
                progress = NULL, progress_message = NULL, failure_code = NULL, failure_message = NULL,
                failure_details = NULL, checkpoint = NULL
            WHERE number = ?
            """
        )
        let staleAfter = job.tracking?.staleAfterSeconds.map { Int64($0) }
        var row = RowBinder(statement)
        row.add(Int64(lane))
        row.add(project)
        row.add(phase.rawValue)
        row.add(phase == .due ? Int64(job.priority) : 0)
        row.add(Int64(job.priority))
        row.add(job.runAt.milliseconds)
        row.add(job.rev)
        row.add(Int64(job.maxAttempts))
        row.add(Int64(job.blockedBy))
        row.add(job.isExpiryFixed)
        row.add(now)
        row.add(job.recordExpiresAt)
        row.add(staleAfter)
        row.add(staleAfter.map { now + $0 * 1000 })
        row.add(job.timeoutSeconds.map { Int64($0) })
        row.add(job.number)
        try row.run()
    }

    /// Writes what is to be done, for whom, and who said so.
    private func writeInput(of job: Job) throws(JobStoreError) {
        let statement = try sql(
            """
            UPDATE jobs SET project_name = ?, created_by = ?, created_by_name = ?, traceparent = ?, after = ?,
                metadata = ?, data = ?, internal_data = ?, payload = ?
            WHERE number = ?
            """
        )
        var row = RowBinder(statement)
        row.add(job.projectName)
        row.add(job.createdBy)
        row.add(job.createdByName)
        row.add(job.traceparent)
        row.add(job.after.isEmpty ? nil : job.after.map(\.description).joined(separator: " "))
        let metadata = job.metadata == .emptyObject ? nil : job.metadata
        let texts: [(JSONText?, LongText)] = [
            (metadata, .metadata), (job.data, .data), (job.internalData, .internalData), (job.payload, .payload),
        ]
        for (text, field) in texts { try bind(statement, row.next(), text, field, of: job.number) }
        row.add(job.number)
        try row.run()
    }

    private func noteChange(of job: Job) {
        guard interest.contains(.jobs) else { return }
        changes.jobs[job.id] = JobChange(id: job.id, tenantId: job.tenantId, projectId: job.projectId, rev: job.rev)
    }
}
