#if Postgres
import Errand

extension PostgresSession {
    /// Puts a row that cannot be read out of the way of the others: keeps what it says, mends it and fails its job.
    func quarantine(_ row: CorruptRow) throws(JobStoreError) {
        let number = PostgresValue.int(row.number)
        try run(JobRow.Table.all.map { PostgresStatement(Self.lock($0), [number]) })
        order.lock([row.number], in: .live)
        try sql(Self.keep, number, .int(now), .text(row.reason))
        try sql(Self.mendSubmitted, number)
        try sql(Self.mendEnded, number, .text(JobFailure.Code.corruptRow), .text(JobFailure.corruptRow.message))
        let mended = try sql(Self.mendLive, number).first { (row) throws(JobStoreError) in row.bool() }
        guard let wasQueued = mended else { return }
        try hold([row.number])
        guard let job = held[row.number]?.job else { return }
        // It is Running now, which is what can fail, and was counted as what it was.
        if wasQueued { counts.add(1, job) }
        if wasQueued { counts.add(-1, .queued, of: job) }
        _ = try apply(Self.failure(of: job), to: row.number)
    }

    private static func failure(of job: Job) -> JobEvent {
        guard job.tracking == nil else {
            var update = TrackedUpdate()
            update.failure = .corruptRow
            return .update(update)
        }
        let lease = JobLease(id: job.id, number: job.number, fence: job.fence)
        return .settle(Settlement(lease: lease, outcome: .fail(.corruptRow, retryAfter: nil)))
    }

    /// Locks the row where it stands, and reads nothing of it.
    private static func lock(_ table: JobRow.Table) -> String {
        "SELECT FROM errand.\(table.rawValue) WHERE number = $1::bigint FOR UPDATE"
    }

    private static let keep = """
        INSERT INTO errand.corrupt_rows (number, found_at, reason, content)
        SELECT j.number, $2::bigint, $3::text, jsonb_build_object('jobs', to_jsonb(j), 'live', to_jsonb(l),
            'ended', to_jsonb(e))
        FROM errand.jobs j LEFT JOIN errand.live l ON l.number = j.number
        LEFT JOIN errand.ended e ON e.number = j.number
        WHERE j.number = $1::bigint
        """

    private static let mendSubmitted = """
        UPDATE errand.jobs SET payload = '{}', metadata = '{}', max_attempts = greatest(max_attempts, 1)
        WHERE number = $1::bigint
        """

    private static let noTexts = """
        attempt = greatest(attempt, 0), lost_count = greatest(lost_count, 0), fence = greatest(fence, 0),
        failure_details = NULL, errors = NULL, data = NULL, internal_data = NULL, checkpoint = NULL, result = NULL,
        result_type = NULL
        """

    private static let mendLive = """
        WITH old AS MATERIALIZED (SELECT * FROM errand.live WHERE number = $1::bigint FOR UPDATE)
        UPDATE errand.live l SET status = 1, waiting = false, claimable = false, blocked_by = 0,
            \(noTexts)
        FROM (SELECT number AS of, status AS was, started_at AS began FROM old) o WHERE l.number = o.of
        RETURNING CASE was WHEN 0 THEN true WHEN 1 THEN false ELSE began IS NULL END
        """

    private static let mendEnded = """
        UPDATE errand.ended SET \(noTexts),
            status = CASE WHEN status BETWEEN 2 AND 4 THEN status ELSE 3 END,
            failure_code = CASE WHEN status BETWEEN 2 AND 4 THEN failure_code ELSE $2::text END,
            failure_message = CASE WHEN status BETWEEN 2 AND 4 THEN failure_message ELSE $3::text END
        WHERE number = $1::bigint
        """
}
#endif
