#if Postgres
import Errand
import FoundationEssentials

extension PostgresSession {
    /// Looks in one table after the other until the answer is yes, or nothing is there; see ``hold(_:)-([Int64])``.
    private func lookForMoving(
        _ isDone: (JobRow.Table) throws(JobStoreError) -> Bool
    ) throws(JobStoreError) {
        for table in [JobRow.Table.live, .ended, .live] {
            if try isDone(table) { return }
        }
    }

    /// The job a lease is for, while it exists.
    func held(_ lease: JobLease) -> HeldJob? {
        guard let job = held[lease.number], job.job.id == lease.id else { return nil }
        return job
    }

    /// Takes the job that a caller names under a lock, with all its texts; the first that a transaction locks, or one
    /// that it holds already.
    func find(_ reference: JobReference, scope: Scope) throws(JobStoreError) -> Job {
        var found: HeldJob?
        try lookForMoving { (table) throws(JobStoreError) in
            found = try sql("\(JobRow.whole(table)) WHERE \(reference.condition) FOR UPDATE OF s", reference.value)
                .first { (row) throws(JobStoreError) in try JobRow.read(&row, isWhole: true) }
            if let found { order.lock([found.job.number], in: table) }
            return found != nil
        }
        guard let found, scope.includes(found.job) else { throw try missing(reference, scope: scope) }
        keep(found)
        return found.job
    }

    /// Takes the job under a lock, at one of the revisions that the change is meant for.
    func find(_ reference: JobReference, ifRev: Set<Int64>?, scope: Scope) throws(JobStoreError) -> Job {
        let job = try find(reference, scope: scope)
        try JobStoreError.check(ifRev, include: job.rev, status: job.status, of: reference)
        return job
    }

    /// Reads the job that a caller names.
    func job(_ reference: JobReference, scope: Scope) throws(JobStoreError) -> Job {
        let found = try sql("\(JobRow.wholeAnywhere) WHERE \(reference.condition)", reference.value)
            .first { (row) throws(JobStoreError) in try JobRow.read(&row, isWhole: true).job }
        guard let found, scope.includes(found) else { throw try missing(reference, scope: scope) }
        return found
    }

    /// The number of the job that a caller names.
    func number(of reference: JobReference, scope: Scope) throws(JobStoreError) -> Int64 {
        let found = try sql(
            "SELECT j.number, j.tenant, j.project FROM errand.jobs j WHERE \(reference.condition)",
            reference.value
        )
        .first { (row) throws(JobStoreError) in (row.int(), row.optionalName(), row.optionalName()) }
        guard let found, scope.includes(tenantId: found.1, projectId: found.2) else {
            throw try missing(reference, scope: scope)
        }
        return found.0
    }

    /// `gone` when a tombstone in the scope says the job was there, else `notFound`.
    private func missing(_ reference: JobReference, scope: Scope) throws(JobStoreError) -> JobStoreError {
        let isGone = try sql(
            """
            SELECT j.tenant, j.project FROM errand.tombstones j
            WHERE \(reference.condition) AND j.deleted_at > $2::bigint ORDER BY j.number DESC LIMIT 1
            """,
            reference.value,
            .int(now - Tombstone.lifetime)
        )
        .first { (row) throws(JobStoreError) in
            scope.includes(tenantId: row.optionalName(), projectId: row.optionalName())
        }
        guard isGone == true else { return .noJob(reference) }
        return .goneJob(reference)
    }
}

extension JobReference {
    /// Whether a row `j` is the one named.
    var condition: String {
        switch self {
        case .id: "j.id = $1::uuid"
        case .number: "j.number = $1::bigint"
        }
    }

    var value: PostgresValue {
        switch self {
        case .id(let id): .id(id)
        case .number(let number): .int(number)
        }
    }
}

/// What is left of a deleted record for a day.
enum Tombstone {
    /// In milliseconds.
    static let lifetime: Int64 = 86_400_000
}
#endif
