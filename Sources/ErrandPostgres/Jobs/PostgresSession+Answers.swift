#if Postgres
import Errand
import FoundationEssentials

// What is kept of submits that made no job of their own, and of requests as a whole.
extension PostgresSession {
    /// Refuses another request than the one that came under the same id before.
    func lookUpRequests(of jobs: [NewJob], _ scope: Scope, for plan: inout InsertPlan) throws(JobStoreError) {
        var requests: [JobID: KeptAnswer] = [:]
        for job in jobs where job.request?.whole != nil {
            guard let request = KeptAnswer(requestOf: job, tenantId: scope.tenantId, at: time.wall) else { continue }
            requests[request.id] = request
        }
        guard !requests.isEmpty else { return }
        for (earlier, _) in try keptAnswers(Array(requests.keys)) {
            guard let request = requests.removeValue(forKey: earlier.id) else { continue }
            try earlier.check(request)
        }
        plan.requests = Array(requests.values)
    }

    /// Reads what the same submits were answered with before.
    func lookUpAnswers(_ ids: [JobID], for plan: inout InsertPlan) throws(JobStoreError) {
        plan.kept = Dictionary(try keptAnswers(ids).map { ($0.answer.id, $0) }) { first, _ in first }
    }

    /// Stores the requests that are new, and what submits of a batch are answered with, once its jobs have numbers.
    func keepAnswers(of plan: InsertPlan) throws(JobStoreError) {
        guard !plan.keptHere.isEmpty || !plan.requests.isEmpty else { return }
        let answers = plan.keptHere.values.map { (answer, given) in
            guard case .new(let place, _, _) = given else { return answer }
            var answer = answer
            answer.job = plan.jobs[place].job.number
            return answer
        }
        // In one order, so that two transactions with the same ids wait for each other and not both.
        try write((plan.requests + answers).sorted { $0.id < $1.id })
    }

    /// Stores answers, each in the place of one that counts no more.
    ///
    /// - Throws: That the transaction must begin again, where somebody else has used one of the ids meanwhile.
    private func write(_ answers: [KeptAnswer]) throws(JobStoreError) {
        order.write()
        let written = try sql(
            """
            INSERT INTO errand.kept_answers AS k
            SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::boolean[], $6::bigint[])
            ON CONFLICT (id) DO UPDATE SET tenant = excluded.tenant, fingerprint = excluded.fingerprint,
                job = excluded.job, replaced = excluded.replaced, answered_at = excluded.answered_at
            WHERE k.answered_at <= $7::bigint
            RETURNING k.id
            """,
            .ids(answers.map(\.id)),
            .texts(answers.map(\.tenantId)),
            .texts(answers.map(\.fingerprint)),
            .ints(answers.map(\.job)),
            .bools(answers.map(\.isReplacement)),
            .ints(answers.map(\.answeredAt.milliseconds)),
            .int(now - KeptAnswer.lifetime)
        )
        .map { (row) throws(JobStoreError) in try row.id() }
        guard written.count == answers.count else {
            throw .late(LateLocks(jobs: order.jobs, uploads: order.uploads))
        }
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

    /// Deletes answers that count no more; those that another writes anew at the moment are left to it.
    var forgettingAnswers: PostgresStatement {
        PostgresStatement(
            """
            DELETE FROM errand.kept_answers WHERE id IN (
                SELECT id FROM errand.kept_answers WHERE answered_at <= $1::bigint FOR UPDATE SKIP LOCKED)
            """,
            [.int(now - KeptAnswer.lifetime)]
        )
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
