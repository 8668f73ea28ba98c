#if Postgres
import Errand

extension PostgresSession {
    /// Writes jobs in whatever state they are, except those that are there already.
    func restore(_ jobs: [ArchivedJob]) throws(JobStoreError) {
        let held = jobs.map { record in
            var job = record.job
            // The lease of a run that was left over is over.
            if job.status == .running, job.tracking == nil { job.leaseEnd = .seconds(-1) }
            // Nobody worked on the source any more.
            job.stopping = nil
            return HeldJob(job: job, stored: nil, fingerprint: record.fingerprint)
        }
        let live = held.filter { !$0.job.status.isTerminal }
        let ended = held.filter(\.job.status.isTerminal)
        try run(
            [
                RestoreStatement.make("jobs", JobColumn.submitted + JobColumn.repeated, held),
                RestoreStatement.make("live", JobColumn.repeated + JobColumn.waiting + JobColumn.state, live),
                RestoreStatement.make("ended", JobColumn.state, ended),
            ].compactMap { $0 }
        )
    }
}

/// Stores jobs under the numbers they have.
private enum RestoreStatement {
    /// - Returns: Nil where there are no jobs.
    static func make(_ table: String, _ columns: [JobColumn], _ jobs: [HeldJob]) -> PostgresStatement? {
        guard !jobs.isEmpty else { return nil }
        let columns = [JobColumn.number] + columns
        let names = columns.map(\.name)
        let parameters = columns.enumerated().map { "$\($0 + 1)::\($1.type)[]" }.joined(separator: ", ")
        let values = names.map { "v.\($0)\(InsertShape.casts[$0] ?? "")" }
        // Found due by a claim or a reap, as if they had been scheduled.
        let more = table == "live" ? ("claimable", "false") : nil
        let text = """
            INSERT INTO errand.\(table) (\((names + (more.map { [$0.0] } ?? [])).joined(separator: ", ")))
            SELECT \((values + (more.map { [$0.1] } ?? [])).joined(separator: ", "))
            FROM unnest(\(parameters)) AS v(\(names.joined(separator: ", ")))
            ON CONFLICT (number) DO NOTHING
            """
        return PostgresStatement(text, columns.map { $0.parameter(jobs) })
    }
}
#endif
