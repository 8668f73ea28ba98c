#if Postgres
import Errand

// The one place where a transaction waits for jobs and uploads, in the order that `LockOrder` says.
extension PostgresSession {
    /// Takes jobs under locks, in the order of their numbers; those that are not there are left out.
    ///
    /// - Throws: That the transaction must begin again, where others hold what comes too late here.
    func hold(_ numbers: [Int64]) throws(JobStoreError) {
        var isLate = false
        // One that ends while its lock is waited for is not in `live` any more and is in `ended` for the next
        // statement; one that is retried goes the other way, hence the third look.
        for table in [JobRow.Table.live, .ended, .live] {
            let missing = missing(of: numbers)
            guard !missing.isEmpty else { return }
            isLate = try lock(missing, in: table) || isLate
        }
        if isLate { try beginAgain(with: missing(of: numbers)) }
    }

    private func missing(of numbers: [Int64]) -> [Int64] {
        Set(numbers).filter { held[$0] == nil }.sorted()
    }

    /// Locks what is to be had of sorted numbers, and waits for those that may be waited for.
    ///
    /// - Returns: Whether some of them may not.
    private func lock(_ numbers: [Int64], in table: JobRow.Table) throws(JobStoreError) -> Bool {
        let first = numbers.firstIndex { order.mayWait(for: $0, in: table) } ?? numbers.endIndex
        let (late, others) = (Array(numbers[..<first]), Array(numbers[first...]))
        var statements: [PostgresStatement] = []
        if !late.isEmpty { statements.append(PostgresStatement(Self.passing[table] ?? "", [.ints(late)])) }
        if !others.isEmpty { statements.append(PostgresStatement(Self.waiting[table] ?? "", [.ints(others)])) }
        for rows in try run(statements) { try hold(rows, of: table) }
        return !late.isEmpty
    }

    /// Keeps the jobs in the rows of a locking ``JobRow/narrow``; what this transaction holds already stays.
    @discardableResult
    func hold(_ rows: PostgresRows, of table: JobRow.Table) throws(JobStoreError) -> [Int64] {
        let jobs = try rows.map { (row) throws(JobStoreError) in try JobRow.read(&row, isWhole: false) }
        for job in jobs where held[job.job.number] == nil { keep(job) }
        let numbers = jobs.map(\.job.number)
        order.lock(numbers, in: table)
        return numbers
    }

    /// Gives up where any of the jobs is there, so that somebody else holds it.
    private func beginAgain(with numbers: [Int64]) throws(JobStoreError) {
        guard !numbers.isEmpty else { return }
        let taken = try sql(
            """
            SELECT number FROM errand.live WHERE number = ANY ($1::bigint[]) UNION ALL
            SELECT number FROM errand.ended WHERE number = ANY ($1::bigint[])
            """,
            .ints(numbers)
        )
        .map { (row) throws(JobStoreError) in row.int() }
        guard !taken.isEmpty else { return }
        throw .late(LateLocks(jobs: order.jobs.union(taken), uploads: order.uploads))
    }

    /// Prepares for a statement that locks jobs in `live` itself, in the order of their numbers.
    func prepareToLock(_ numbers: [Int64]) throws(JobStoreError) {
        if numbers.contains(where: { !order.mayWait(for: $0, in: .live) }) { try hold(numbers) }
        order.lock(numbers, in: .live)
    }

    /// Locks first what an earlier attempt came upon too late.
    func lockFirst(_ locks: LateLocks) throws(JobStoreError) {
        if !locks.jobs.isEmpty { try hold(Array(locks.jobs)) }
        if !locks.uploads.isEmpty { try lockUploads(Array(locks.uploads)) }
    }

    /// Locks uploads, in the order of their ids; those that are not there are left out.
    ///
    /// - Throws: That the transaction must begin again, where others hold what comes too late here.
    func lockUploads(_ ids: [JobID]) throws(JobStoreError) {
        let missing = Array(Set(ids).subtracting(order.uploads))
        guard !missing.isEmpty else { return }
        let mayWait = order.mayWaitForUploads
        let locked = try sql(mayWait ? Self.waitingUploads : Self.passingUploads, .ids(missing))
            .map { (row) throws(JobStoreError) in try row.id() }
        order.lock(uploads: locked)
        let rest = Set(missing).subtracting(locked)
        guard !mayWait, !rest.isEmpty else { return }
        let taken = try sql("SELECT id FROM errand.uploads WHERE id = ANY ($1::uuid[])", .ids(Array(rest)))
            .map { (row) throws(JobStoreError) in try row.id() }
        guard !taken.isEmpty else { return }
        throw .late(LateLocks(jobs: order.jobs, uploads: order.uploads.union(taken)))
    }

    private static let waitingUploads =
        "SELECT id FROM errand.uploads WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE"
    private static let passingUploads = "\(waitingUploads) SKIP LOCKED"

    private static let waiting = byTable { table in
        "\(JobRow.narrow(table)) WHERE s.number = ANY ($1::bigint[]) ORDER BY s.number FOR UPDATE OF s"
    }
    private static let passing = waiting.mapValues { "\($0) SKIP LOCKED" }

    private static func byTable(_ text: (JobRow.Table) -> String) -> [JobRow.Table: String] {
        Dictionary(JobRow.Table.all.map { ($0, text($0)) }) { first, _ in first }
    }
}
#endif
