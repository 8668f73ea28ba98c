#if Postgres
import Errand

// A job whose cancelled run may still be at work stays in `live`, Cancelled or already Queued again: there the index of
// unique keys and the counts of runs see it. Nothing has to happen when its time is over: whoever comes next, a claim,
// a submit with the key or the reaper, goes by the time in the row.
extension PostgresSession {
    /// Takes a job that was locked and read; a run of it that must have stopped by now has stopped.
    func keep(_ job: HeldJob) {
        held[job.job.number] = job
        guard job.job.stopping != nil else { return }
        job.job.endStop(at: time)
        if job.job.stopping == nil { noteStopEnded(job) }
    }

    /// Wakes those who wait for the place that a run held which was stopping, or for its job.
    func noteStopEnded(_ job: HeldJob) {
        noteStopped(in: job.job.queue, of: job.job.tenantId, isLimited: job.isLimited)
        if job.isWaiting { changes.queues.insert(job.job.queue) }
    }

    /// Writes down which runs must have stopped: their jobs move on to `ended`, or may be claimed again.
    func endStops() throws(JobStoreError) {
        try hold(sql(Self.lockStopped, .int(time.steady.wholeMicroseconds)), of: .live)
        try flush()
    }

    private static let lockStopped = """
        \(JobRow.narrow(.live)) WHERE s.stop_end <= $1::bigint ORDER BY s.number FOR UPDATE OF s SKIP LOCKED
        """
}
#endif
