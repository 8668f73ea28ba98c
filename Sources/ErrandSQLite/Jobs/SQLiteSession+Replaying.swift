import Errand
import FoundationEssentials

// Submits that come again.
extension SQLiteSession {
    /// What the same submit was answered with before, when the client gave its own id.
    func replay(
        of job: NewJob,
        id: JobID,
        at index: Int,
        tenant: Name?,
        scope: Scope
    ) throws(JobStoreError) -> InsertedJob? {
        if let number = try number(of: id), let state = try state(number) {
            guard includes(state, scope), job.repeats(state.fingerprint) else { throw .usedID(id, at: index) }
            return InsertedJob(id: id, number: number, outcome: .replayed)
        }
        if let answer = try keptAnswer(id) {
            let number = try answer.job(for: job, tenantId: tenant, at: index)
            guard let state = try state(number) else { throw .goneJob(ofID: id, at: index) }
            return InsertedJob(id: state.id, number: number, outcome: .replayed, firstOutcome: answer.outcome)
        }
        let tombstone = try sql(Tombstone.byID)
        tombstone.bind(1, id)
        tombstone.bind(2, now - Tombstone.lifetime)
        defer { tombstone.reset() }
        if try tombstone.step() { throw .goneJob(ofID: id, at: index) }
        return nil
    }

    /// Keeps in mind what a submit was answered with that made no job.
    func keep(_ answer: InsertedJob, to job: NewJob, tenant: Name?) throws(JobStoreError) {
        guard let kept = KeptAnswer(answer, to: job, tenantId: tenant, at: time.wall) else { return }
        try write(kept)
    }

    /// Keeps in mind the request that a job is a part of, and refuses another one under the same id.
    func keepRequest(of job: NewJob, tenant: Name?) throws(JobStoreError) {
        guard let request = KeptAnswer(requestOf: job, tenantId: tenant, at: time.wall) else { return }
        if let earlier = try keptAnswer(request.id) { return try earlier.check(request) }
        try write(request)
    }

    /// Writes an answer in the place of one that counts no more.
    func write(_ answer: KeptAnswer) throws(JobStoreError) {
        var row = RowBinder(try sql("INSERT OR REPLACE INTO kept_answers VALUES (?, ?, ?, ?, ?, ?)"))
        row.add(answer.id)
        row.add(answer.tenantId)
        row.add(answer.fingerprint)
        row.add(answer.job)
        row.add(answer.isReplacement)
        row.add(answer.answeredAt.milliseconds)
        try row.run()
    }

    private func keptAnswer(_ id: JobID) throws(JobStoreError) -> KeptAnswer? {
        let row = try sql("SELECT * FROM kept_answers WHERE id = ? AND answered_at > ?")
        row.bind(1, id)
        row.bind(2, now - KeptAnswer.lifetime)
        defer { row.reset() }
        return try row.step() ? KeptAnswer(row) : nil
    }
}

extension KeptAnswer {
    /// Reads the row that `SELECT * FROM kept_answers` stands at.
    init(_ row: SQLStatement) {
        self.init(
            id: row.id(0),
            tenantId: row.optionalName(1),
            fingerprint: row.text(2),
            job: row.optionalInt(3),
            isReplacement: row.int(4) != 0,
            answeredAt: Date(milliseconds: row.int(5))
        )
    }
}
