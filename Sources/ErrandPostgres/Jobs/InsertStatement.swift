#if Postgres
import Errand

/// Stores jobs that have no row yet; answers with their numbers, which grow in the order of the jobs.
///
/// Most columns say nothing or the same of every job of a batch. Those are left out, or are one value and no array, so
/// that the text depends on the batch; there are few of them in practice, and each is prepared once.
struct InsertStatement {
    private var arrays: [String] = []
    private var arrayNames: [String] = []
    private var scalars: [String] = []
    private var names: Set<String> = []
    private var values: [PostgresValue] = []

    /// - Parameters:
    ///   - jobs: One at least.
    ///   - now: Milliseconds since 1970; what is due by then is claimable at once.
    /// - Returns: The statement, whose rows are the numbers.
    static func make(_ jobs: [HeldJob], now: Int64) -> PostgresStatement {
        var statement = InsertStatement()
        for column in JobColumn.submitted + JobColumn.repeated + JobColumn.waiting + JobColumn.state {
            statement.add(column, jobs)
        }
        let text = statement.text(jobs)
        if jobs.contains(where: { !$0.job.status.isTerminal }) { statement.values.append(.int(now)) }
        return PostgresStatement(text, statement.values)
    }

    private mutating func add(_ column: JobColumn, _ jobs: [HeldJob]) {
        let value = column.parameter(jobs)
        switch value.commonElement {
        case .null?: return
        case let common?:
            values.append(common)
            scalars.append("$\(values.count)::\(column.type) AS \(column.name)")
        case nil:
            values.append(value)
            arrays.append("$\(values.count)::\(column.type)[]")
            arrayNames.append(column.name)
        }
        names.insert(column.name)
    }

    private func text(_ jobs: [HeldJob]) -> String {
        let ended = jobs.filter(\.job.status.isTerminal).count
        let now = "$\(values.count + 1)::bigint"
        var parts = ["j AS (\(insert("jobs", JobColumn.submitted + JobColumn.repeated)))"]
        if ended < jobs.count {
            let columns = JobColumn.repeated + JobColumn.waiting + JobColumn.state
            let claimable = ("claimable", "v.waiting AND v.run_at <= \(now)")
            parts.append("l AS (\(insert("live", columns, claimable))\(ended > 0 ? " WHERE v.status < 2" : ""))")
        }
        if ended > 0 {
            parts.append("e AS (\(insert("ended", JobColumn.state)) WHERE v.status >= 2)")
        }
        return """
            WITH v AS MATERIALIZED (\(source)),
            \(parts.joined(separator: ",\n"))
            SELECT number FROM v
            """
    }

    /// The jobs, with the numbers they are given; of a single job every column is one value.
    private var source: String {
        let columns = ["nextval('errand.job_numbers') AS number"] + scalars
        guard !arrays.isEmpty else { return "SELECT \(columns.joined(separator: ", "))" }
        return """
            SELECT a.*, \(columns.joined(separator: ", "))
            FROM unnest(\(arrays.joined(separator: ", "))) AS a(\(arrayNames.joined(separator: ", ")))
            """
    }

    private func insert(
        _ table: String,
        _ columns: [JobColumn],
        _ more: (name: String, value: String)? = nil
    ) -> String {
        let columns = columns.filter { names.contains($0.name) }
        // An array of arrays must be of one length each; these came as texts.
        let casts = ["after_ids": "::uuid[]", "tags": "::text[]"]
        let targets = ["number"] + columns.map(\.name) + (more.map { [$0.name] } ?? [])
        let sources =
            ["v.number"] + columns.map { "v.\($0.name)\(casts[$0.name] ?? "")" } + (more.map { [$0.value] } ?? [])
        return """
            INSERT INTO errand.\(table) (\(targets.joined(separator: ", ")))
            SELECT \(sources.joined(separator: ", ")) FROM v
            """
    }
}

extension PostgresValue {
    /// The value that all elements of an array have; nil where they differ.
    fileprivate var commonElement: PostgresValue? {
        switch self {
        case .ints(let values): values.common.map { .int($0) }
        case .bools(let values): values.common.map { .bool($0) }
        case .texts(let values): values.common.map { .text($0) }
        case .null, .int, .bool, .text: nil
        }
    }
}

extension Array where Element: Equatable {
    fileprivate var common: Element? {
        guard let first, allSatisfy({ $0 == first }) else { return nil }
        return first
    }
}
#endif
