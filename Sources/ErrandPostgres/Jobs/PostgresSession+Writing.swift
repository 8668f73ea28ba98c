#if Postgres
import Errand
import FoundationEssentials

extension PostgresSession {
    /// Writes the held jobs that changed, with one statement.
    func flush() throws(JobStoreError) {
        let changed = held.values.filter(\.isChanged).sorted { $0.job.number < $1.job.number }
        guard !changed.isEmpty else { return }
        var values = JobColumn.changing.map { $0.parameter(changed) }
        values.append(.ints(changed.map(\.job.number)))
        values.append(.bools(changed.map { $0.job.result == $0.stored?.result }))
        values.append(.int(now))
        try connection.run(Self.save, values)
        for job in changed { held[job.job.number]?.stored = job.job }
    }

    /// Stores jobs that have no row yet.
    ///
    /// - Returns: Their numbers, which grow in the order of the jobs.
    func store(_ jobs: [HeldJob]) throws(JobStoreError) -> [Int64] {
        var values = (JobColumn.lasting + JobColumn.changing).map { $0.parameter(jobs) }
        values.append(.int(now))
        let numbers = try connection.run(Self.insert, values).map { (row) throws(JobStoreError) in row.int() }
        guard numbers.count == jobs.count else {
            throw JobStoreError(.corrupt, "\(jobs.count) jobs were stored and \(numbers.count) numbers came back.")
        }
        return numbers.sorted()
    }

    private static let save: String = {
        let columns = JobColumn.changing
        let count = columns.count
        let parameters = columns.enumerated().map { "$\($0 + 1)::\($1.type)[]" }
        let settings = columns.map { "\($0.name) = \($0.update ?? "v.\($0.name)")" }
        return """
            UPDATE errand.jobs j SET \(settings.joined(separator: ", ")),
                claimable = v.waiting AND v.run_at <= $\(count + 3)::bigint
            FROM unnest(\(parameters.joined(separator: ", ")), $\(count + 1)::bigint[], $\(count + 2)::boolean[])
                AS v(\(columns.map(\.name).joined(separator: ", ")), number, keeps_result)
            WHERE j.number = v.number
            """
    }()

    private static let insert: String = {
        let columns = JobColumn.lasting + JobColumn.changing
        let names = columns.map(\.name)
        let parameters = columns.enumerated().map { "$\($0 + 1)::\($1.type)[]" }
        let arrays = ["after_ids": "::uuid[]", "tags": "::text[]"]
        let values = names.map { "v.\($0)\(arrays[$0] ?? "")" }
        return """
            INSERT INTO errand.jobs (\(names.joined(separator: ", ")), claimable, session)
            SELECT \(values.joined(separator: ", ")), v.waiting AND v.run_at <= $\(columns.count + 1)::bigint, false
            FROM unnest(\(parameters.joined(separator: ", "))) WITH ORDINALITY
                AS v(\(names.joined(separator: ", ")), place)
            ORDER BY v.place RETURNING number
            """
    }()
}
#endif
