#if Postgres
import Errand

extension PostgresSession {
    /// Takes away what replaced jobs had beside their rows: their own webhooks, and for whom they wait no more.
    func dropReplaced(_ plan: InsertPlan) throws(JobStoreError) {
        guard !plan.replaced.isEmpty else { return }
        let numbers = plan.replaced.map(\.number)
        try sql("DELETE FROM errand.webhooks WHERE job = ANY ($1::bigint[])", .ints(numbers))
        let free = plan.replaced.filter(\.isFree).map(\.number)
        try sql("DELETE FROM errand.job_dependencies WHERE dependent = ANY ($1::bigint[])", .ints(free))
    }

    /// What writes all that a submit says of those jobs that another submit replaced.
    func replacements(of jobs: [HeldJob]) -> [PostgresStatement] {
        let replaced = jobs.filter(\.isReplaced)
        guard !replaced.isEmpty else { return [] }
        return [
            Self.update("jobs", JobColumn.replacedSubmits, of: replaced),
            Self.update("live", JobColumn.replacedTexts, of: replaced),
        ]
    }

    private static func update(_ table: String, _ columns: [JobColumn], of jobs: [HeldJob]) -> PostgresStatement {
        let all = [JobColumn.number] + columns
        let parameters = all.enumerated().map { "$\($0 + 1)::\($1.type)[]" }.joined(separator: ", ")
        let settings = columns.map { "\($0.name) = v.\($0.name)\(InsertShape.casts[$0.name] ?? "")" }
        let text = """
            UPDATE errand.\(table) t SET \(settings.joined(separator: ", "))
            FROM unnest(\(parameters)) AS v(\(all.map(\.name).joined(separator: ", "))) WHERE t.number = v.number
            """
        return PostgresStatement(text, all.map { $0.parameter(jobs) })
    }
}

extension JobColumn {
    private static let places = repeated.filter { ["queue", "project"].contains($0.name) }

    /// What a submit says but who the job is.
    fileprivate static let replacedSubmits =
        submitted.filter { !["id", "created_at", "fingerprint"].contains($0.name) } + places

    /// What stands in `live` and is not written anew where it only became nothing.
    fileprivate static let replacedTexts =
        places + [
            text("data") { $0.job.data?.string },
            text("internal_data") { $0.job.internalData?.string },
            text("checkpoint") { $0.job.checkpoint?.string },
        ]
}
#endif
