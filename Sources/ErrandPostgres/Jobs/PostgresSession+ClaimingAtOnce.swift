#if Postgres
import Errand
import Synchronization

/// What one statement claimed and committed.
struct ClaimAtOnce {
    var claim: Claim
    /// Jobs that are claimed and cannot be read.
    var corrupt: [CorruptRow] = []
}

extension PostgresContext {
    /// How many claims take turns before one tries again whether it must.
    private static let turns = 16

    /// Whether it is worth trying to claim by one statement.
    func mayClaimAtOnce(_ request: ClaimRequest) -> Bool {
        guard request.limit > 0, !request.types.isEmpty, request.scope == .system,
            request.runningJobsPerTenant == nil
        else { return false }
        return claimsInTurn.withLock { left in
            defer { left = max(0, left - 1) }
            return left == 0
        }
    }

    /// Notes that claims are a matter of turns.
    func takeTurns() { claimsInTurn.withLock { $0 = Self.turns } }
}

// Claiming in one round trip, where nobody has to take turns: one lane has work, and its queue is neither limited nor
// paused. Most claims of an installation without tenants are such.
extension PostgresSession {
    func claimAtOnce(_ request: ClaimRequest) throws(JobStoreError) -> ClaimAtOnce? {
        try demoteAfterJump()
        return try claimed(run(claimsAtOnce(request))[...], for: request)
    }

    /// What claims; each of the statements is needed, in this order.
    func claimsAtOnce(_ request: ClaimRequest) -> [PostgresStatement] {
        let take = PostgresStatement(
            Self.takeAtOnce,
            [
                request.queues.map { .texts($0) } ?? .null, .int(Int64(max(0, request.limit))),
                .texts(request.types), .int(now), .text(request.worker),
                .int((time.steady + request.lease).wholeMicroseconds),
            ]
        )
        return [promotion, take, nextDue(for: request)]
    }

    /// Notes what the statements did; nil where they did nothing, as it is a matter of turns.
    func claimed(_ answers: ArraySlice<PostgresRows>, for request: ClaimRequest) throws(JobStoreError) -> ClaimAtOnce? {
        let (taken, due) = (answers[answers.startIndex + 1], answers[answers.startIndex + 2])
        var isPossible = false
        var corrupt: [CorruptRow] = []
        let found = try taken.map { (row) throws(JobStoreError) -> ClaimedRow? in
            isPossible = row.bool()
            guard row.bool() else { return nil }
            do throws(JobStoreError) {
                return try ClaimedRow(&row)
            } catch {
                guard let row = error.corruptRow else { throw error }
                corrupt.append(row)
                return nil
            }
        }
        guard isPossible else { return nil }
        let rows = found.compactMap(\.self).sorted { $0.precedes($1) }
        for row in rows { tell(of: row) }
        if let last = rows.last?.job {
            remember(ClaimRotation(queue: last.queue, tenants: [last.queue: last.tenantId ?? ""]))
        }
        return ClaimAtOnce(claim: Claim(jobs: rows.map(\.job), nextDue: try wait(due)), corrupt: corrupt)
    }

    /// Answers with one row at least, which says whether this way was open and whether a job follows.
    private static let takeAtOnce = """
        WITH RECURSIVE \(lanes),
        wanted AS MATERIALIZED (
            SELECT l.queue, l.tenant FROM lanes l WHERE $1::text[] IS NULL OR l.queue = ANY ($1::text[]) LIMIT 2),
        open AS MATERIALIZED (
            SELECT count(*) < 2 AND NOT EXISTS (
                SELECT FROM wanted w JOIN errand.queues q ON q.name = w.queue WHERE q.paused_since IS NOT NULL
                    OR q.concurrency IS NOT NULL OR q.rate_count IS NOT NULL) AS is_open
            FROM wanted),
        taken AS MATERIALIZED (
            SELECT n.place, n.number FROM wanted w CROSS JOIN LATERAL (
                SELECT s.ctid AS place, s.number FROM errand.live s
                WHERE s.claimable AND s.queue = w.queue AND coalesce(s.tenant, '') = w.tenant
                    AND s.type = ANY ($3::text[]) AND (SELECT is_open FROM open)
                ORDER BY s.priority, s.run_at, s.number LIMIT $2::bigint FOR UPDATE SKIP LOCKED) n),
        claimed AS (
            UPDATE errand.live s SET \(becomingRun(4))
            FROM taken JOIN errand.jobs j ON j.number = taken.number WHERE s.ctid = taken.place
            RETURNING \(ClaimedRow.columns)),
        counted AS (
            INSERT INTO errand.job_counts (tenant, project, type, queue, status, jobs)
            SELECT tenant, project, type, queue, c.status, c.sign * count(*)
            FROM claimed CROSS JOIN (VALUES (0::smallint, -1), (1::smallint, 1)) AS c(status, sign)
            GROUP BY tenant, project, type, queue, c.status, c.sign)
        SELECT o.is_open, c.number IS NOT NULL, 1, c.* FROM open o LEFT JOIN claimed c ON true
        """
}
#endif
