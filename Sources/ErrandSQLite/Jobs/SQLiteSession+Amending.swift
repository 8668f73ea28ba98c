import Errand
import FoundationEssentials

extension SQLiteSession {
    /// Changes how a queued job waits, as the transition says.
    func amend(
        _ reference: JobReference,
        with amendment: JobAmendment,
        ifRev: Set<Int64>?,
        scope: Scope
    ) throws(JobStoreError) -> Job {
        let state = try state(reference, ifRev: ifRev, scope: scope)
        let before = try job(state.number)
        let after: Job
        do throws(TransitionRefusal) {
            after = try before.applying(.amend(amendment), at: time, rules: rules)
        } catch { throw JobStoreError(error, "changed", reference) }
        guard after.rev != before.rev else { return before }
        let lane = try lane(queue: after.queue, type: after.type, tenant: after.tenantId)
        let phase = phase(of: state, blockedBy: state.blockedBy, dueAt: after.runAt.milliseconds)
        try write(after, in: lane, phase)
        if after.metadata != before.metadata { try writeMetadata(of: after) }
        try move(state, to: lane, state.project, phase)
        try postponeStale(state)
        noteChange(state, rev: after.rev)
        return try job(state.number)
    }

    private func write(_ job: Job, in lane: Int, _ phase: JobPhase) throws(JobStoreError) {
        let row = try sql(
            """
            UPDATE jobs SET lane = ?, priority = ?, run_at = ?, phase = ?, rank = ?, rev = ?, updated_at = ?
            WHERE number = ?
            """
        )
        try row.run(
            Int64(lane),
            Int64(job.priority),
            job.runAt.milliseconds,
            phase.rawValue,
            phase == .due ? Int64(job.priority) : 0,
            job.rev,
            now,
            job.number
        )
    }

    private func writeMetadata(of job: Job) throws(JobStoreError) {
        let row = try sql("UPDATE jobs SET metadata = ? WHERE number = ?")
        try bind(row, 1, job.metadata, .metadata, of: job.number)
        row.bind(2, job.number)
        try row.run()
    }

    /// Keeps the memory of lanes true: which of them have jobs to claim, and when the next ones are due.
    func move(_ state: JobState, to lane: Int, _ project: Int64?, _ phase: JobPhase) throws(JobStoreError) {
        count(state.key, .queued, -1)
        let key = CountKey(lane: lane, project: project)
        count(key, .queued, 1)
        // A run of it that is stopping holds its place wherever the job is.
        if let stop = stops[state.number], stop.key != key {
            setStop(state.number, Stop(id: stop.id, run: stop.run, key: key))
            noteStopped(stop.key.lane)
            addRunning(lane, 1)
        }
        guard !state.isTracked else { return }
        if state.isClaimable { addClaimable(state.lane, -1) }
        // Without a place it is looked for from the lane's start: it may stand before what was claimed last.
        if phase == .due { addClaimable(lane, 1) }
        for lane in Set([state.lane, lane]) { try refreshDue(lane) }
    }
}
