#if Postgres
import Errand
import FoundationEssentials

extension PostgresSession {
    /// Prolongs leases with one statement, and asks what became of those that do not hold.
    func renew(_ leases: [JobLease], for duration: Duration) throws(JobStoreError) -> [LeaseRenewal] {
        let renewed = try sql(
            Self.renewLeases,
            .ints(leases.map(\.number)),
            .ids(leases.map(\.id)),
            .ints(leases.map(\.fence)),
            .int((time.steady + duration).wholeMicroseconds)
        )
        .map { (row) throws(JobStoreError) in HeldFence(number: row.int(), fence: row.int()) }
        let fences = Set(renewed)
        let others = leases.filter { !fences.contains(HeldFence($0)) }
        let cancelled = others.isEmpty ? [] : try pendingCancels(of: others)
        return leases.map { lease in
            if fences.contains(HeldFence(lease)) { return .renewed }
            return cancelled.contains(lease) ? .cancelled : .lost
        }
    }

    /// Which of the leases are of runs that were cancelled, and have not said that they stopped.
    private func pendingCancels(of leases: [JobLease]) throws(JobStoreError) -> Set<JobLease> {
        let cancelled = try sql(
            """
            SELECT j.id, s.number, s.fence - 1 FROM errand.ended s JOIN errand.jobs j ON j.number = s.number
            WHERE s.number = ANY ($1::bigint[]) AND s.status = 4 AND s.lease_end IS NOT NULL AND NOT j.tracked
            UNION ALL
            SELECT j.id, s.number, s.stop_fence FROM errand.live s JOIN errand.jobs j ON j.number = s.number
            WHERE s.number = ANY ($1::bigint[]) AND s.stop_fence IS NOT NULL
                AND (s.stop_end > $2::bigint OR s.status = 4 AND s.fence = s.stop_fence + 1)
            """,
            .ints(leases.map(\.number)),
            .int(time.steady.wholeMicroseconds)
        )
        .map { (row) throws(JobStoreError) in JobLease(id: try row.id(), number: row.int(), fence: row.int()) }
        return Set(cancelled)
    }

    /// Writes what runs report; the reports are normalized already.
    func report(_ reports: [RunReport]) throws(JobStoreError) -> [WriteResult] {
        try hold(reports.map(\.lease.number))
        var results: [WriteResult] = []
        for report in reports { results.append(try self.report(report)) }
        return results
    }

    private func report(_ report: RunReport) throws(JobStoreError) -> WriteResult {
        guard let job = held(report.lease)?.job else { return .fenced(currentStatus: nil) }
        switch try apply(.report(report), to: job.number) {
        case .success(let changed):
            try append(report, attempt: changed.attempt)
            return .applied
        case .failure(let refusal):
            return job.isCancelPending(for: report.lease) ? .cancelled : .fenced(currentStatus: refusal.status)
        }
    }

    /// Adds lines to a locked job's log, as far as the attempt may have more and they did not come before.
    func append(_ report: RunReport, attempt: Int) throws(JobStoreError) {
        let (lines, number) = (report.logs, report.lease.number)
        guard !lines.isEmpty, try isNews(report) else { return }
        let (last, written) =
            try sql(
                """
                SELECT coalesce(max(sequence), 0), count(*) FILTER (WHERE attempt = $2::integer)
                FROM errand.job_logs WHERE number = $1::bigint
                """,
                .int(number),
                .int(Int64(attempt))
            )
            .first { (row) throws(JobStoreError) in (row.int(), Int(row.int())) } ?? (0, 0)
        let kept = lines.prefix(max(0, JobLimits.logLinesPerAttempt - written))
        guard !kept.isEmpty else { return }
        try sql(
            """
            INSERT INTO errand.job_logs (number, sequence, attempt, at, level, message)
            SELECT $1::bigint, $2::bigint + l.place, $3::integer, l.at, l.level, l.message
            FROM unnest($4::bigint[], $5::text[], $6::text[]) WITH ORDINALITY AS l(at, level, message, place)
            """,
            .int(number),
            .int(last),
            .int(Int64(attempt)),
            .ints(kept.map(\.at.wholeMilliseconds.milliseconds)),
            .texts(kept.map(\.level.rawValue)),
            .texts(kept.map(\.message))
        )
    }

    /// Notes the number of the lines, if they have one; false when the run has sent them before.
    private func isNews(_ report: RunReport) throws(JobStoreError) -> Bool {
        guard let batch = report.logBatch else { return true }
        let written = try sql(
            """
            INSERT INTO errand.log_batches AS b (number, fence, batch) VALUES ($1::bigint, $2::bigint, $3::bigint)
            ON CONFLICT (number) DO UPDATE SET fence = excluded.fence, batch = excluded.batch
            WHERE b.fence <> excluded.fence OR b.batch < excluded.batch RETURNING 1
            """,
            .int(report.lease.number),
            .int(report.lease.fence),
            .int(batch)
        )
        return written.count > 0
    }

    /// Whether a row of `live` that was found by its number is a worker's run.
    ///
    /// Written so that the planner does not think of the index of runs, which it may take for empty.
    static let isRun = "s.status + 0 = 1 AND NOT s.tracked"

    private static let renewLeases = """
        WITH held AS MATERIALIZED (
            SELECT s.number FROM unnest($1::bigint[], $2::uuid[], $3::bigint[]) AS l(number, id, fence)
            JOIN errand.live s ON s.number = l.number JOIN errand.jobs j ON j.number = l.number AND j.id = l.id
            WHERE s.fence = l.fence AND \(isRun) ORDER BY s.number FOR UPDATE OF s)
        UPDATE errand.live s SET lease_end = $4::bigint FROM held WHERE s.number = held.number
        RETURNING s.number, s.fence
        """
}

/// Names a run among those of one store.
private struct HeldFence: Hashable {
    var number: Int64
    var fence: Int64

    init(number: Int64, fence: Int64) { (self.number, self.fence) = (number, fence) }

    init(_ lease: JobLease) { self.init(number: lease.number, fence: lease.fence) }
}

#endif
