import Errand
import FoundationEssentials
import GRDB

/// Answers questions on a reading connection.
struct SQLiteReader {
    let database: Database
    let leases: LeaseTable
    let time: StoreTime

    /// Begins a transaction, and gives the reader of what was committed until now.
    func beginning(at time: StoreTime) throws(JobStoreError) -> SQLiteReader {
        try sql(Self.begin).run()
        return SQLiteReader(database: database, leases: leases, time: time)
    }

    /// Ends the transaction.
    func end() {
        do throws(JobStoreError) { try sql(Self.commit).run() } catch {
            // What was read is told already; whoever uses the connection next must not find a transaction.
            try? sql(Self.rollback).run()
        }
    }

    private static let begin = "BEGIN DEFERRED"
    private static let commit = "COMMIT"
    private static let rollback = "ROLLBACK"
    private static let jobByID = "SELECT \(JobRow.columns) FROM \(JobRow.source) WHERE j.id = ?"
    private static let jobByNumber = "SELECT \(JobRow.columns) FROM \(JobRow.source) WHERE j.number = ?"
    private static let readText = StaticSQL.readText.text

    /// A statement that GRDB keeps for the connection.
    func sql(_ text: String) throws(JobStoreError) -> SQLStatement {
        do {
            let statement = try database.cachedStatement(sql: text)
            guard let connection = database.sqliteConnection else {
                throw JobStoreError(.unavailable, "The database is closed.")
            }
            return SQLStatement(borrowing: statement.sqliteStatement, of: connection)
        } catch let error as JobStoreError {
            throw error
        } catch {
            throw JobStoreError(.unavailable, "The database cannot be read.", underlying: error)
        }
    }

    func job(_ reference: JobReference, scope: Scope) throws(JobStoreError) -> Job {
        let row =
            switch reference {
            case .id: try sql(Self.jobByID)
            case .number: try sql(Self.jobByNumber)
            }
        row.bind(1, reference)
        defer { row.reset() }
        if try row.step() {
            let job = try read(row)
            if scope.includes(job) { return job }
        }
        let tombstone: StaticSQL =
            switch reference {
            case .id: Tombstone.byID
            case .number: Tombstone.byNumber
            }
        let found = try sql(tombstone.text)
        found.bind(1, reference)
        found.bind(2, time.wall.milliseconds - Tombstone.lifetime)
        defer { found.reset() }
        throw try Tombstone.error(for: reference, found: found, scope: scope)
    }

    func dependencies(_ reference: JobReference, scope: Scope) throws(JobStoreError) -> [JobDependency] {
        let job = try job(reference, scope: scope)
        var waitsFor: Set<Int64> = []
        if !job.status.isTerminal {
            let row = try sql("SELECT dependency FROM job_dependencies WHERE dependent = ?")
            row.bind(1, job.number)
            while try row.step() { waitsFor.insert(row.int(0)) }
            row.reset()
        }
        let row = try sql("SELECT number, status FROM jobs WHERE id = ?")
        return try job.after.map { id throws(JobStoreError) in
            defer { row.reset() }
            row.bind(1, id)
            guard try row.step() else { return JobDependency(id: id, status: nil, isWaitedFor: false) }
            let isWaitedFor = waitsFor.contains(row.int(0))
            return JobDependency(id: id, status: try JobStatus(code: row.int(1)), isWaitedFor: isWaitedFor)
        }
    }

    func read(_ row: SQLStatement) throws(JobStoreError) -> Job {
        try JobRow.read(row, texts: try sql(Self.readText), leases: leases)
    }

    func logs(of number: Int64, after: Int64, limit: Int) throws(JobStoreError) -> [StoredLogLine] {
        let row = try sql(
            """
            SELECT sequence, attempt, at, level, message FROM job_logs WHERE number = ? AND sequence > ?
            ORDER BY sequence LIMIT ?
            """
        )
        row.bind(1, number)
        row.bind(2, after)
        row.bind(3, max(0, limit))
        defer { row.reset() }
        var lines: [StoredLogLine] = []
        while try row.step() {
            let level = LogLine.Level(rawValue: row.text(3)) ?? .info
            let line = LogLine(at: Date(milliseconds: row.int(2)), level: level, message: row.text(4))
            lines.append(StoredLogLine(sequence: row.int(0), attempt: Int(row.int(1)), line: line))
        }
        return lines
    }

    /// The leases of running jobs, and the workers that hold them.
    func heldLeases(_ scope: Scope) throws(JobStoreError) -> [(worker: Name, held: HeldLease)] {
        let row = try sql(
            """
            SELECT j.worker, l.tenant, p.id FROM jobs j JOIN lanes l ON l.lane = j.lane
            LEFT JOIN projects p ON p.project = j.project
            WHERE j.number = ? AND j.fence = ? AND j.status = 1 AND j.worker IS NOT NULL
            """
        )
        defer { row.reset() }
        var held: [(worker: Name, held: HeldLease)] = []
        for (number, lease) in leases.all {
            row.reset()
            row.bind(1, number)
            row.bind(2, lease.fence)
            guard try row.step(), scope.includes(tenantId: row.optionalName(1), projectId: row.optionalName(2)) else {
                continue
            }
            let jobLease = JobLease(id: lease.id, number: number, fence: lease.fence)
            held.append((row.name(0), HeldLease(lease: jobLease, expiresAt: time.wall(at: lease.end))))
        }
        return held
    }

    func files(of number: Int64) throws(JobStoreError) -> [JobFile] {
        let row = try sql(
            "SELECT name, key, size, sha256, content_type FROM job_files WHERE number = ? ORDER BY name"
        )
        row.bind(1, number)
        defer { row.reset() }
        var files: [JobFile] = []
        while try row.step() {
            files.append(
                JobFile(
                    name: row.text(0),
                    key: row.text(1),
                    size: row.int(2),
                    sha256: row.text(3),
                    contentType: row.text(4)
                )
            )
        }
        return files
    }
}

extension SQLStatement {
    func bind(_ position: CInt, _ reference: JobReference) {
        switch reference {
        case .id(let id): bind(position, id)
        case .number(let number): bind(position, number)
        }
    }
}
