import Errand
import FoundationEssentials

// What the end of a job means for those that wait for it, in steps of bounded size.
extension SQLiteSession {
    /// Notes that those who wait for a job that ended, or whose record goes, have to be told.
    func beginCascade(of job: Int64, _ id: JobID, isCompleted: Bool) throws(JobStoreError) {
        let select = try sql("SELECT 1 FROM job_dependencies WHERE dependency = ? LIMIT 1")
        select.bind(1, job)
        guard try select.firstInt() != nil else { return }
        memory.lastCascade += 1
        let cascade = Cascade(sequence: memory.lastCascade, job: job, id: id, isCompleted: isCompleted)
        try write(cascade)
        addCascades(1)
    }

    /// Writes a record as it is.
    func write(_ cascade: Cascade) throws(JobStoreError) {
        let insert = try sql("INSERT OR IGNORE INTO cascades VALUES (?, ?, ?, ?, ?)")
        insert.bind(1, cascade.sequence)
        insert.bind(2, cascade.job)
        insert.bind(3, cascade.id)
        insert.bind(4, cascade.isCompleted ? 1 : 0)
        insert.bind(5, cascade.reached)
        try insert.run()
    }

    /// Tells those who wait, one step's worth of them, of the ends noted after a sequence number.
    ///
    /// First come, first served; a job that is cancelled so, and has others wait for it, stands at the end.
    func followEnds(after last: Int64) throws(JobStoreError) {
        var left = pace.step
        while left > 0, let cascade = try firstCascade(after: last) {
            let next = try holds(cascade) ? dependents(after: cascade, atMost: left) : []
            for number in next { try tell(number, of: cascade) }
            try advance(cascade, to: next.last, isDone: next.count < left)
            left -= next.count
        }
    }

    private func firstCascade(after last: Int64) throws(JobStoreError) -> Cascade? {
        guard memory.cascadeCount > 0 else { return nil }
        let select = try sql("SELECT * FROM cascades WHERE sequence > ? ORDER BY sequence LIMIT 1")
        select.bind(1, last)
        defer { select.reset() }
        return try select.step() ? Cascade(select) : nil
    }

    /// Whether the job has not been retried, and has not ended once more, since the record was made.
    private func holds(_ cascade: Cascade) throws(JobStoreError) -> Bool {
        guard cascade.holds(try state(cascade.job)?.status) else { return false }
        let later = try sql("SELECT 1 FROM cascades WHERE job = ? AND sequence > ?")
        later.bind(1, cascade.job)
        later.bind(2, cascade.sequence)
        return try later.firstInt() == nil
    }

    private func dependents(after cascade: Cascade, atMost count: Int) throws(JobStoreError) -> [Int64] {
        let select = try sql(
            "SELECT dependent FROM job_dependencies WHERE dependency = ? AND dependent > ? ORDER BY dependent LIMIT ?"
        )
        select.bind(1, cascade.job)
        select.bind(2, cascade.reached)
        select.bind(3, count)
        var numbers: [Int64] = []
        while try select.step() { numbers.append(select.int(0)) }
        select.reset()
        return numbers
    }

    /// One that ended meanwhile waits for nothing: whom it will wait for is written anew by a retry.
    private func tell(_ number: Int64, of cascade: Cascade) throws(JobStoreError) {
        guard let state = try state(number), !state.status.isTerminal else { return }
        try sql("DELETE FROM job_dependencies WHERE dependency = ? AND dependent = ?").run(cascade.job, number)
        addDependencies(-1)
        guard state.status == .queued, state.blockedBy > 0 else { return }
        if cascade.isCompleted { try release(state) } else { try cancel(state, because: cascade.id) }
    }

    private func advance(_ cascade: Cascade, to last: Int64?, isDone: Bool) throws(JobStoreError) {
        if isDone {
            try sql("DELETE FROM cascades WHERE sequence = ?").run(cascade.sequence)
            addCascades(-1)
        } else if let last {
            try sql("UPDATE cascades SET reached = ? WHERE sequence = ?").run(last, cascade.sequence)
        }
    }

    private func release(_ state: JobState) throws(JobStoreError) {
        let isFree = state.blockedBy == 1
        let phase = phase(of: state, blockedBy: state.blockedBy - 1, dueAt: state.runAt)
        let isClaimable = phase == .due
        let update = try sql(
            """
            UPDATE jobs SET blocked_by = blocked_by - 1, phase = ?1, rank = ?2, rev = rev + ?3,
                updated_at = CASE ?3 WHEN 0 THEN updated_at ELSE ?4 END WHERE number = ?5
            """
        )
        try update.run(phase.rawValue, isClaimable ? state.priority : 0, isFree ? 1 : 0, now, state.number)
        guard isFree else { return }
        try postponeStale(state)
        if phase == .due || phase == .scheduled {
            try noteWaiting(state.lane, isClaimable: isClaimable, runAt: state.runAt)
        }
        noteChange(state, rev: state.rev + 1)
    }

    private func cancel(_ state: JobState, because failed: JobID) throws(JobStoreError) {
        try setFailure(.dependencyFailed(failed), of: state.number)
        try sql("UPDATE jobs SET fence = fence + 1 WHERE number = ?").run(state.number)
        try finish(state, as: .cancelled)
    }
}

// For whom a job waits.
extension SQLiteSession {
    /// How a job stands to those it names in `after`.
    func standing(to after: [JobID], isPassedOver: (JobID) -> Bool) throws(JobStoreError) -> Standing {
        var standing = Standing()
        for id in after {
            guard let number = try number(of: id), let state = try state(number) else { continue }
            standing.add(number, id, state.status, isPassedOver: isPassedOver(id))
        }
        return standing
    }

    /// Writes down whom a job that begins to wait waits for; cancels it where one of them will not be completed.
    func wait(_ number: Int64, _ standing: Standing) throws(JobStoreError) {
        if let failed = standing.failed {
            guard let state = try state(number), state.status == .queued else { return }
            return try cancel(state, because: failed)
        }
        for dependency in standing.waiting {
            try sql("INSERT INTO job_dependencies VALUES (?, ?)").run(dependency, number)
        }
        if !standing.waiting.isEmpty { addDependencies(standing.waiting.count) }
    }

    /// Forgets whom a job waited for, before it begins anew or as its record goes.
    func forgetWaits(of number: Int64) throws(JobStoreError) {
        guard memory.dependencyCount > 0 else { return }
        try sql("DELETE FROM job_dependencies WHERE dependent = ?").run(number)
        let count = try sql("SELECT changes()").onlyInt()
        if count > 0 { addDependencies(-Int(count)) }
    }

    /// The jobs that a job names.
    func after(_ number: Int64) throws(JobStoreError) -> [JobID] {
        let select = try sql("SELECT after FROM jobs WHERE number = ?")
        select.bind(1, number)
        defer { select.reset() }
        guard try select.step(), let text = select.optionalText(0) else { return [] }
        return [JobID](stored: text)
    }
}

extension [JobID] {
    /// Reads ids with spaces between.
    init(stored text: String) { self = text.split(separator: " ").compactMap { JobID(String($0)) } }
}

extension Cascade {
    /// Reads a row of `cascades`.
    init(_ row: SQLStatement) {
        self.init(
            sequence: row.int(0),
            job: row.int(1),
            id: row.id(2),
            isCompleted: row.int(3) != 0,
            reached: row.int(4)
        )
    }
}
