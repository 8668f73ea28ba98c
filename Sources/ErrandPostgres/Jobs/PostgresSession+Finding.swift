#if Postgres
import Errand
import FoundationEssentials

extension PostgresSession {
    /// Takes jobs under locks, in the order of their numbers; those that are not there are left out.
    func hold(_ numbers: [Int64]) throws(JobStoreError) {
        let missing = Set(numbers).filter { held[$0] == nil }.sorted()
        guard !missing.isEmpty else { return }
        try hold(sql(Self.narrowByNumber, .ints(missing)))
    }

    /// Keeps the jobs in the rows of a locking ``JobRow/narrow``; what this transaction holds already stays.
    @discardableResult
    func hold(_ rows: PostgresRows) throws(JobStoreError) -> [Int64] {
        let jobs = try rows.map { (row) throws(JobStoreError) in try JobRow.read(&row, isWhole: false) }
        for job in jobs where held[job.job.number] == nil { held[job.job.number] = job }
        return jobs.map(\.job.number)
    }

    /// The job a lease is for, while it exists.
    func held(_ lease: JobLease) -> HeldJob? {
        guard let job = held[lease.number], job.job.id == lease.id else { return nil }
        return job
    }

    /// Takes the job that a caller names under a lock, with all its texts.
    func find(_ reference: JobReference, scope: Scope) throws(JobStoreError) -> Job {
        let rows =
            switch reference {
            case .id(let id): try sql(Self.lockByID, .id(id))
            case .number(let number): try sql(Self.lockByNumber, .int(number))
            }
        let found = try rows.first { (row) throws(JobStoreError) in try JobRow.read(&row, isWhole: true) }
        guard let found, scope.includes(found.job) else { throw try missing(reference, scope: scope) }
        held[found.job.number] = found
        return found.job
    }

    /// Reads the job that a caller names.
    func job(_ reference: JobReference, scope: Scope) throws(JobStoreError) -> Job {
        let rows =
            switch reference {
            case .id(let id): try sql(Self.wholeByID, .id(id))
            case .number(let number): try sql(Self.wholeByNumber, .int(number))
            }
        let found = try rows.first { (row) throws(JobStoreError) in try JobRow.read(&row, isWhole: true).job }
        guard let found, scope.includes(found) else { throw try missing(reference, scope: scope) }
        return found
    }

    /// The number of the job that a caller names.
    func number(of reference: JobReference, scope: Scope) throws(JobStoreError) -> Int64 {
        let rows =
            switch reference {
            case .id(let id): try sql("SELECT number, tenant, project FROM errand.jobs WHERE id = $1::uuid", .id(id))
            case .number(let number):
                try sql("SELECT number, tenant, project FROM errand.jobs WHERE number = $1::bigint", .int(number))
            }
        let found = try rows.first { (row) throws(JobStoreError) in (row.int(), row.optionalText(), row.optionalText())
        }
        guard let found, scope.includes(tenantId: found.1, projectId: found.2) else {
            throw try missing(reference, scope: scope)
        }
        return found.0
    }

    /// `gone` when a tombstone in the scope says the job was there, else `notFound`.
    private func missing(_ reference: JobReference, scope: Scope) throws(JobStoreError) -> JobStoreError {
        let alive = PostgresValue.int(now - Tombstone.lifetime)
        let rows =
            switch reference {
            case .id(let id): try sql(Tombstone.byID, .id(id), alive)
            case .number(let number): try sql(Tombstone.byNumber, .int(number), alive)
            }
        let isGone = try rows.first { (row) throws(JobStoreError) in
            scope.includes(tenantId: row.optionalText(), projectId: row.optionalText())
        }
        guard isGone == true else { return JobStoreError(.notFound, "There is no job \(reference).") }
        return JobStoreError(.gone, "Job \(reference) has expired or was deleted.")
    }

    private static let wholeByID = "\(JobRow.whole) WHERE j.id = $1::uuid"
    private static let wholeByNumber = "\(JobRow.whole) WHERE j.number = $1::bigint"
    private static let lockByID = "\(wholeByID) FOR UPDATE OF j"
    private static let lockByNumber = "\(wholeByNumber) FOR UPDATE OF j"
    private static let narrowByNumber =
        "\(JobRow.narrow) WHERE j.number = ANY ($1::bigint[]) ORDER BY j.number FOR UPDATE OF j"
}

/// What is left of a deleted record for a day.
enum Tombstone {
    /// In milliseconds.
    static let lifetime: Int64 = 86_400_000

    static let byID = """
        SELECT tenant, project FROM errand.tombstones WHERE id = $1::uuid AND deleted_at > $2::bigint
        ORDER BY number DESC LIMIT 1
        """
    static let byNumber =
        "SELECT tenant, project FROM errand.tombstones WHERE number = $1::bigint AND deleted_at > $2::bigint"
}
#endif
