#if Postgres
import Errand
import FoundationEssentials

// What is kept of submits that made no job of their own, and of requests as a whole.
extension PostgresSession {
    /// Keeps in mind the requests that jobs are parts of, and refuses another one under the same id.
    ///
    /// The first thing that a transaction does: whoever comes with the same id waits here, and holds no job meanwhile.
    func keepRequests(of jobs: [NewJob], _ scope: Scope) throws(JobStoreError) {
        var seen: Set<JobID> = []
        for job in jobs {
            guard let request = KeptAnswer(requestOf: job, tenantId: scope.tenantId, at: time.wall),
                seen.insert(request.id).inserted
            else { continue }
            try write([request])
            try keptAnswers([request.id]).first?.answer.check(request)
        }
    }

    /// Reads what the same submits were answered with before.
    func lookUpAnswers(_ ids: [JobID], for plan: inout InsertPlan) throws(JobStoreError) {
        plan.kept = Dictionary(try keptAnswers(ids).map { ($0.answer.id, $0) }) { first, _ in first }
    }

    /// Stores what submits of a batch are answered with, once its jobs have their numbers.
    func keepAnswers(of plan: InsertPlan) throws(JobStoreError) {
        guard !plan.keptHere.isEmpty else { return }
        let answers = plan.keptHere.values.map { (answer, given) in
            guard case .new(let place, _, _) = given else { return answer }
            var answer = answer
            answer.job = plan.jobs[place].job.number
            return answer
        }
        // In one order, so that two transactions with the same ids wait for each other and not both.
        try write(answers.sorted { $0.id < $1.id })
    }

    /// Stores answers, each in the place of one that counts no more; one that counts stays.
    private func write(_ answers: [KeptAnswer]) throws(JobStoreError) {
        try sql(
            """
            INSERT INTO errand.kept_answers AS k
            SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::boolean[], $6::bigint[])
            ON CONFLICT (id) DO UPDATE SET tenant = excluded.tenant, fingerprint = excluded.fingerprint,
                job = excluded.job, replaced = excluded.replaced, answered_at = excluded.answered_at
            WHERE k.answered_at <= $7::bigint
            """,
            .ids(answers.map(\.id)),
            .texts(answers.map(\.tenantId)),
            .texts(answers.map(\.fingerprint)),
            .ints(answers.map(\.job)),
            .bools(answers.map(\.isReplacement)),
            .ints(answers.map(\.answeredAt.milliseconds)),
            .int(now - KeptAnswer.lifetime)
        )
    }

    private func keptAnswers(_ ids: [JobID]) throws(JobStoreError) -> [(answer: KeptAnswer, job: JobID?)] {
        try sql(
            """
            SELECT \(KeptAnswer.columns), j.id IS NOT NULL, coalesce(j.id, k.id) FROM errand.kept_answers k
            LEFT JOIN errand.jobs j ON j.number = k.job WHERE k.id = ANY ($1::uuid[]) AND k.answered_at > $2::bigint
            """,
            .ids(ids),
            .int(now - KeptAnswer.lifetime)
        )
        .map { (row) throws(JobStoreError) in
            let answer = try KeptAnswer(&row)
            let (isThere, job) = (row.bool(), try row.id())
            return (answer, isThere ? job : nil)
        }
    }

    func forgetOldAnswers() throws(JobStoreError) {
        try sql("DELETE FROM errand.kept_answers WHERE answered_at <= $1::bigint", .int(now - KeptAnswer.lifetime))
    }
}

extension KeptAnswer {
    /// The columns that ``init(_:)`` reads, of a table called `k`.
    static let columns = "k.id, k.tenant, k.fingerprint, k.job, k.replaced, k.answered_at"

    init(_ row: inout PostgresRow) throws(JobStoreError) {
        self.init(
            id: try row.id(),
            tenantId: row.optionalName(),
            fingerprint: row.text(),
            job: row.optionalInt(),
            isReplacement: row.bool(),
            answeredAt: row.date()
        )
    }
}
#endif
