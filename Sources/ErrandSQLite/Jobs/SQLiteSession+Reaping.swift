import Errand
import FoundationEssentials

extension SQLiteSession {
    /// Takes back runs whose lease is over, and fails tracked jobs that nobody reports on.
    func reap(limit: Int) throws(JobStoreError) -> Int {
        let expired = leases.expired(at: time.steady, limit: max(0, limit))
        for number in expired {
            guard let state = try state(number), state.status == .running else { continue }
            try reap(state)
        }
        try failStale()
        try promoteDue()
        // What ended so takes its turn among all that is left to be followed.
        followed = memory.lastCascade
        return expired.count
    }

    private func reap(_ state: JobState) throws(JobStoreError) {
        let lost = JobFailure(code: JobFailure.Code.lost, message: "The worker died or lost its lease.")
        if interest.contains(.revocations) {
            changes.revoked.insert(JobLease(id: state.id, number: state.number, fence: state.fence))
        }
        guard state.lostCount + 1 >= JobLimits.lostRuns else {
            return try requeue(state, .lost, lost, after: .zero, keepsAttempt: false)
        }
        try recordRun(of: state, .lost, lost)
        try sql(
            "UPDATE jobs SET lost_count = lost_count + 1, attempt = attempt - 1, fence = fence + 1 WHERE number = ?"
        )
        .run(state.number)
        try fail(state, with: .poisonPill(Int(state.lostCount) + 1))
    }

    private func failStale() throws(JobStoreError) {
        let select = try sql(
            """
            SELECT number FROM jobs WHERE stale_at IS NOT NULL AND stale_at <= ? ORDER BY stale_at LIMIT 1000
            """
        )
        select.bind(1, now)
        var numbers: [Int64] = []
        while try select.step() { numbers.append(select.int(0)) }
        select.reset()
        for number in numbers.sorted() {
            guard let state = try state(number), !state.status.isTerminal else { continue }
            try sql("UPDATE jobs SET fence = fence + 1 WHERE number = ?").run(number)
            try fail(state, with: .stale(seconds: Int(state.staleAfter ?? 0)))
        }
    }

    /// Gives every running job a lease after the database was opened.
    ///
    /// A worker in the process that owned the file before is dead with it, so its leases are over; one that works over
    /// HTTP may live, and gets a full lease from now.
    func recoverLeases(sessionLease: Duration) throws(JobStoreError) {
        let counts = try sql("SELECT lane, sum(running) FROM job_counts GROUP BY lane HAVING sum(running) > 0")
        while try counts.step() {
            try recoverLeases(of: Int(counts.int(0)), atMost: counts.int(1), sessionLease: sessionLease)
        }
        counts.reset()
    }

    private func recoverLeases(of lane: Int, atMost limit: Int64, sessionLease: Duration) throws(JobStoreError) {
        let running = try sql(
            """
            SELECT number, project, fence, session, id, unique_key IS NOT NULL FROM jobs
            WHERE phase = 0 AND lane = ? AND status = 1 LIMIT ?
            """
        )
        running.bind(1, lane)
        running.bind(2, limit)
        defer { running.reset() }
        while try running.step() {
            let lease = Lease(
                id: running.id(4),
                fence: running.int(2),
                end: running.int(3) != 0 ? time.steady + sessionLease : .seconds(-1),
                key: CountKey(lane: lane, project: running.optionalInt(1)),
                hasUniqueKey: running.int(5) != 0
            )
            setLease(running.int(0), lease)
            addRunning(lane, 1)
            addClaimable(lane, -1)
        }
    }
}
