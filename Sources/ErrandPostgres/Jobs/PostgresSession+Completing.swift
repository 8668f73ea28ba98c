#if Postgres
import Errand
import FoundationEssentials

/// The end of a run that leaves its result and nothing else: no files, no report but progress, no follow-ups.
struct Completion {
    let lease: JobLease
    let result: JobResult

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
    let lease: JobLease
    let change: JobChange
    let queue: String
    let hasDependents: Bool
    let isLimited: Bool

    init(_ row: inout PostgresRow) throws(JobStoreError) {
        lease = JobLease(id: try row.id(), number: row.int(), fence: row.int())
        change = JobChange(id: lease.id, tenantId: row.optionalText(), projectId: row.optionalText(), rev: row.int())
        queue = row.text()
        (hasDependents, isLimited) = (row.bool(), row.bool())
    }
}

extension PostgresSession {
    /// Writes runs that were completed, and empties the list.
    func complete(_ completions: inout [Completion]) throws(JobStoreError) -> [SettleResult] {
        guard !completions.isEmpty else { return [] }
        defer { completions = [] }
        // Read again when they are needed: what follows writes past them.
        try flush()
        held = [:]
        let completed = try write(completions)
        for row in completed { try follow(row) }
        let leases = Set(completed.map(\.lease))
        let others = completions.map(\.lease).filter { !leases.contains($0) }
        let statuses = others.isEmpty ? [:] : try statuses(of: others)
        return completions.map { completion in
            leases.contains(completion.lease)
                ? .applied(.completed) : .fenced(currentStatus: statuses[completion.lease.id])
        }
    }

    private func follow(_ row: CompletedRow) throws(JobStoreError) {
        changes.jobs[row.lease.id] = row.change
        if row.isLimited { changes.queues.insert(row.queue) }
        if row.hasDependents { try applyToDependents(.dependencyCompleted, of: row.lease.number) }
    }

    private func write(_ completions: [Completion]) throws(JobStoreError) -> [CompletedRow] {
        try sql(
            Self.completeRuns,
            .ints(completions.map(\.lease.number)),
            .ids(completions.map(\.lease.id)),
            .ints(completions.map(\.lease.fence)),
            .ints(completions.map { $0.result.type?.code }),
            .texts(completions.map(\.result.location)),
            .texts(completions.map(\.result.value?.string)),
            .int(now),
            .int(rules.expiry(after: time.wall))
        )
        .map { (row) throws(JobStoreError) in try CompletedRow(&row) }
    }

    private func statuses(of leases: [JobLease]) throws(JobStoreError) -> [JobID: JobStatus] {
        let statuses = try sql(
            "SELECT id, status FROM errand.jobs WHERE number = ANY ($1::bigint[])",
            .ints(leases.map(\.number))
        )
        .map { (row) throws(JobStoreError) in (try row.id(), try JobStatus(code: row.int())) }
        return Dictionary(statuses) { first, _ in first }
    }

    private static let completeRuns = """
        WITH ended AS MATERIALIZED (
            SELECT j.number, r.result_type, r.location, r.result FROM errand.jobs j
            JOIN unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::smallint[], $5::text[], $6::text[])
                AS r(number, id, fence, result_type, location, result) ON r.number = j.number
            WHERE j.id = r.id AND j.fence = r.fence AND j.status = 1 AND NOT j.tracked
            ORDER BY j.number FOR UPDATE OF j)
        UPDATE errand.jobs j SET status = 2, progress = 100, result_type = e.result_type,
            result_location = e.location, result = e.result, lease_end = NULL, completed_at = $7::bigint,
            updated_at = $7::bigint, rev = rev + 1,
            expires_at = CASE WHEN expiry_fixed THEN expires_at ELSE $8::bigint END
        FROM ended e WHERE j.number = e.number
        RETURNING j.id, j.number, j.fence, j.tenant, j.project, j.rev, j.queue, j.has_dependents, EXISTS (
            SELECT FROM errand.queues q WHERE q.name = j.queue AND q.concurrency IS NOT NULL)
        """
}
#endif
