#if Postgres
import Errand
import FoundationEssentials

/// The end of a run that leaves its result and nothing else: no files, no report but progress, no follow-ups.
struct Completion {
    let lease: JobLease
    let result: JobResult

    /// The ends of runs, where all of them are such and no run is named twice.
    static func all(_ settlements: [Result<Settlement, JobStoreError>]) -> [Completion]? {
        var numbers: Set<Int64> = []
        var completions: [Completion] = []
        completions.reserveCapacity(settlements.count)
        for case .success(let settlement) in settlements {
            guard let completion = Completion(settlement), numbers.insert(completion.lease.number).inserted else {
                return nil
            }
            completions.append(completion)
        }
        return completions.count == settlements.count ? completions : nil
    }

    init?(_ settlement: Settlement) {
        guard case .complete(let result) = settlement.outcome else { return nil }
        guard settlement.followUps.isEmpty, result.files.isEmpty else { return nil }
        if let report = settlement.report {
            let leavesMore = report.message != nil || report.data != nil || report.checkpoint != nil
            guard !leavesMore, report.logs.isEmpty else { return nil }
        }
        lease = settlement.lease
        self.result = result
    }
}

/// A run that was completed.
private struct CompletedRow {
    let number: Int64
    let rev: Int64
    let type: Name
    let queue: Name
    let tenant: Name?
    let project: Name?
    let hasDependents: Bool
    let isLimited: Bool

    init(_ row: inout PostgresRow) {
        (number, rev) = (row.int(), row.int())
        (type, queue) = (row.name(), row.name())
        (tenant, project) = (row.optionalName(), row.optionalName())
        (hasDependents, isLimited) = (row.bool(), row.bool())
    }
}

extension PostgresSession {
    /// Writes runs that were completed, and empties the list.
    func complete(_ completions: inout [Completion]) throws(JobStoreError) -> [SettleResult] {
        guard !completions.isEmpty else { return [] }
        defer { completions = [] }
        let numbers = completions.map(\.lease.number)
        try prepareToLock(numbers)
        try flush()
        // Read again when they are needed: the statement writes past them.
        for number in numbers { held[number] = nil }
        order.write()
        return try conclude(completions, run(completesInTransaction(completions)))
    }

    /// Notes what the statement wrote, and answers for each run.
    private func conclude(
        _ completions: [Completion],
        _ rows: PostgresRows
    ) throws(JobStoreError) -> [SettleResult] {
        let completed = try completedRows(rows, of: completions)
        for row in completed {
            counts.add(-1, .running, type: row.type, queue: row.queue, tenant: row.tenant, project: row.project)
            counts.add(1, .completed, type: row.type, queue: row.queue, tenant: row.tenant, project: row.project)
            noteEnd(row.number, type: row.type, tenant: row.tenant)
        }
        let numbers = Set(completed.map(\.number))
        let named = Set(completed.filter(\.hasDependents).map(\.number))
        for lease in completions.map(\.lease) where named.contains(lease.number) {
            beginCascade(of: lease.number, lease.id, isCompleted: true)
        }
        let others = completions.map(\.lease).filter { !numbers.contains($0.number) }
        let statuses = others.isEmpty ? [:] : try statuses(of: others)
        return completions.map { completion in
            numbers.contains(completion.lease.number)
                ? .applied(.completed) : .fenced(currentStatus: statuses[completion.lease.id])
        }
    }

    /// Tells of the rows that a statement wrote.
    private func completedRows(
        _ rows: PostgresRows,
        of completions: [Completion]
    ) throws(JobStoreError) -> [CompletedRow] {
        let completed = try rows.map { (row) throws(JobStoreError) in CompletedRow(&row) }
        let ids = Dictionary(completions.map { ($0.lease.number, $0.lease.id) }) { first, _ in first }
        for row in completed {
            noteStopped(in: row.queue, of: row.tenant, isLimited: row.isLimited)
            guard let id = ids[row.number] else { continue }
            changes.jobs[id] = JobChange(id: id, tenantId: row.tenant, projectId: row.project, rev: row.rev)
        }
        return completed
    }

    private func completesInTransaction(_ completions: [Completion]) -> PostgresStatement {
        Self.statement(for: completions, Self.completeRuns, now, rules.expiry(after: time.wall))
    }

    /// Completes, in one statement that needs no other, the runs that no job waits for and no webhook wants to
    /// hear of.
    func completesAtOnce(_ completions: [Completion]) -> PostgresStatement {
        Self.statement(for: completions, Self.completeAtOnce, now, rules.expiry(after: time.wall))
    }

    /// The numbers of the runs that ``completesAtOnce(_:)`` completed.
    func completedAtOnce(
        _ rows: PostgresRows,
        of completions: [Completion]
    ) throws(JobStoreError) -> Set<Int64> {
        Set(try completedRows(rows, of: completions).map(\.number))
    }

    private static func statement(
        for completions: [Completion],
        _ text: String,
        _ now: Int64,
        _ expiry: Int64
    ) -> PostgresStatement {
        // In the order of their numbers, in which every statement locks.
        let completions = completions.sorted { $0.lease.number < $1.lease.number }
        return PostgresStatement(
            text,
            [
                .ints(completions.map(\.lease.number)), .ids(completions.map(\.lease.id)),
                .ints(completions.map(\.lease.fence)), .ints(completions.map { $0.result.type?.code }),
                .texts(completions.map(\.result.location)), .texts(completions.map(\.result.value?.string)),
                .int(now), .int(expiry),
            ]
        )
    }

    private func statuses(of leases: [JobLease]) throws(JobStoreError) -> [JobID: JobStatus] {
        let statuses = try sql(
            """
            SELECT j.id, s.status FROM errand.jobs j JOIN (
                SELECT number, status FROM errand.live UNION ALL SELECT number, status FROM errand.ended) s
                ON s.number = j.number
            WHERE j.number = ANY ($1::bigint[])
            """,
            .ints(leases.map(\.number))
        )
        // One that cannot be read is no status; who reads that job finds out.
        .map { (row) throws(JobStoreError) in (try row.id(), try? JobStatus(code: row.int())) }
        return Dictionary(statuses.compactMap { id, status in status.map { (id, $0) } }) { first, _ in first }
    }

    private static let completeRuns = makeText(where: "true", more: "")
    private static let completeAtOnce = makeText(
        where: endsUnheard,
        more: """
            ,
            counted AS (
                INSERT INTO errand.job_counts (tenant, project, type, queue, status, jobs)
                SELECT tenant, project, type, queue, c.status, c.sign * count(*)
                FROM s CROSS JOIN (VALUES (1::smallint, -1), (2::smallint, 1)) AS c(status, sign)
                GROUP BY tenant, project, type, queue, c.status, c.sign)
            """
    )

    private static func makeText(where condition: String, more: String) -> String {
        """
        WITH r AS MATERIALIZED (
            SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::smallint[], $5::text[], $6::text[])
                AS r(number, id, fence, result_type, location, result)),
        s AS (
            DELETE FROM errand.live s USING r JOIN errand.jobs j ON j.number = r.number AND j.id = r.id
            WHERE s.number = r.number AND s.fence = r.fence AND \(isRun) AND \(condition)
            RETURNING s.*, j.expiry_fixed, r.result_type AS new_result_type, r.location, r.result AS new_result),
        e AS (
            INSERT INTO errand.ended (\(keptColumns.joined(separator: ", ")), status, rev, updated_at, completed_at,
                expires_at, progress, result_type, result_location, result)
            SELECT \(keptColumns.joined(separator: ", ")), 2, rev + 1, $7::bigint, $7::bigint,
                CASE WHEN expiry_fixed THEN expires_at ELSE $8::bigint END, 100, new_result_type, location, new_result
            FROM s)\(more)
        SELECT s.number, s.rev + 1, s.type, s.queue, s.tenant, s.project, s.has_dependents,
            s.queue = ANY (ARRAY(SELECT q.name FROM errand.queues q WHERE q.concurrency IS NOT NULL))
        FROM s
        """
    }
}

/// What a completed run leaves as it was.
private let keptColumns = [
    "number", "fence", "run_at", "started_at", "cancel_acknowledged_at", "attempt", "lost_count", "blocked_by",
    "priority", "has_dependents", "worker", "progress_message", "failure_code", "failure_message", "failure_details",
    "errors", "data", "internal_data", "checkpoint",
]
#endif
