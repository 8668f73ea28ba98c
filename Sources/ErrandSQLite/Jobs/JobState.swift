import Errand
import FoundationEssentials

/// What a transition must know of a job: its narrow columns, read and written back by the writer.
struct JobState {
    let number: Int64
    let id: JobID
    let lane: Int
    let project: Int64?
    let status: JobStatus
    let phase: JobPhase?
    let priority: Int64
    let runAt: Int64
    let fence: Int64
    let rev: Int64
    let attempt: Int64
    let maxAttempts: Int64
    let lostCount: Int64
    let blockedBy: Int64
    let isTracked: Bool
    let isExpiryFixed: Bool
    let startedAt: Int64?
    let updatedAt: Int64
    let staleAfter: Int64?
    let worker: Name?
    let uniqueKey: Name?
    let hasResult: Bool
    let fingerprint: String?

    var isClaimable: Bool { status == .queued && phase == .due }
    var key: CountKey { CountKey(lane: lane, project: project) }
}

extension SQLiteSession {
    static let stateByNumber: StaticSQL = """
        SELECT number, id, lane, project, status, phase, run_at, fence, rev, attempt, max_attempts, lost_count,
            blocked_by, tracked, expiry_fixed, started_at, updated_at, stale_after, worker, unique_key,
            result_type IS NOT NULL, fingerprint, priority
        FROM jobs WHERE number = ?
        """

    /// Reads a job's narrow columns; nil when there is no such job.
    func state(_ number: Int64) throws(JobStoreError) -> JobState? {
        let row = try sql(Self.stateByNumber)
        row.bind(1, number)
        defer { row.reset() }
        guard try row.step() else { return nil }
        return JobState(
            number: row.int(0),
            id: row.id(1),
            lane: Int(row.int(2)),
            project: row.optionalInt(3),
            status: try JobStatus(code: row.int(4)),
            phase: row.optionalInt(5).flatMap(JobPhase.init),
            priority: row.int(22),
            runAt: row.int(6),
            fence: row.int(7),
            rev: row.int(8),
            attempt: row.int(9),
            maxAttempts: row.int(10),
            lostCount: row.int(11),
            blockedBy: row.int(12),
            isTracked: row.int(13) != 0,
            isExpiryFixed: row.int(14) != 0,
            startedAt: row.optionalInt(15),
            updatedAt: row.int(16),
            staleAfter: row.optionalInt(17),
            worker: row.optionalName(18),
            uniqueKey: row.optionalName(19),
            hasResult: row.int(20) != 0,
            fingerprint: row.optionalText(21)
        )
    }

    func number(of id: JobID) throws(JobStoreError) -> Int64? {
        let statement = try sql("SELECT number FROM jobs WHERE id = ?")
        statement.bind(1, id)
        return try statement.firstInt()
    }

    /// Finds the job that a caller names, within the caller's scope.
    func state(_ reference: JobReference, scope: Scope) throws(JobStoreError) -> JobState {
        let number: Int64? =
            switch reference {
            case .id(let id): try self.number(of: id)
            case .number(let number): number
            }
        if let number, let state = try state(number), includes(state, scope) { return state }
        throw try missing(reference, scope: scope)
    }

    /// Finds the job that a caller names, at one of the revisions that the change is meant for.
    func state(_ reference: JobReference, ifRev: Set<Int64>?, scope: Scope) throws(JobStoreError) -> JobState {
        let state = try state(reference, scope: scope)
        try JobStoreError.check(ifRev, include: state.rev, status: state.status, of: reference)
        return state
    }

    func includes(_ state: JobState, _ scope: Scope) -> Bool {
        scope.includes(
            tenantId: memory.lanes[state.lane].key.tenant,
            projectId: state.project.flatMap { memory.projectNames[$0] }
        )
    }

    /// `gone` when a tombstone in the scope says the job was there, else `notFound`.
    private func missing(_ reference: JobReference, scope: Scope) throws(JobStoreError) -> JobStoreError {
        let statement: SQLStatement
        switch reference {
        case .id(let id):
            statement = try sql(Tombstone.byID)
            statement.bind(1, id)
        case .number(let number):
            statement = try sql(Tombstone.byNumber)
            statement.bind(1, number)
        }
        statement.bind(2, now - Tombstone.lifetime)
        defer { statement.reset() }
        return try Tombstone.error(for: reference, found: statement, scope: scope)
    }

    /// Reads a whole job, as it is in this transaction.
    func job(_ number: Int64) throws(JobStoreError) -> Job {
        let row = try sql(Self.jobByNumber)
        row.bind(1, number)
        defer { row.reset() }
        guard try row.step() else { throw .noJob(.number(number)) }
        return try JobRow.read(row, texts: try sql(.readText), leases: leases)
    }

    static let jobByNumber = SQLText("SELECT \(JobRow.columns) FROM \(JobRow.source) WHERE j.number = ?")
}

/// What is left of a deleted record for a day.
enum Tombstone {
    /// In milliseconds.
    static let lifetime: Int64 = 86_400_000

    static let byID: StaticSQL = """
        SELECT tenants.name, projects.id, tombstones.tenant FROM tombstones
        LEFT JOIN tenants ON tenants.tenant = tombstones.tenant
        LEFT JOIN projects ON projects.project = tombstones.project WHERE tombstones.id = ? AND deleted_at > ?
        """
    static let byNumber: StaticSQL = """
        SELECT tenants.name, projects.id, tombstones.tenant FROM tombstones
        LEFT JOIN tenants ON tenants.tenant = tombstones.tenant
        LEFT JOIN projects ON projects.project = tombstones.project WHERE tombstones.number = ? AND deleted_at > ?
        """

    static func error(
        for reference: JobReference,
        found row: SQLStatement,
        scope: Scope
    ) throws(JobStoreError) -> JobStoreError {
        if try row.step(), scope.includes(tenantId: row.optionalName(0), projectId: row.optionalName(1)) {
            return .goneJob(reference)
        }
        return .noJob(reference)
    }
}
