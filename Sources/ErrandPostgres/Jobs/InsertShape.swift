#if Postgres
import Synchronization

/// What the text of an ``InsertStatement`` depends on.
///
/// There are few in practice; each text is made and prepared once.
struct InsertShape: Hashable {
    /// How a column stands in the text.
    enum Part: UInt8 {
        /// No job has a value.
        case absent
        /// All jobs have the column's usual value.
        case usual
        /// All jobs have the same value, which is a parameter.
        case one
        /// The values are a parameter of one each.
        case array

        init(_ value: PostgresValue, of column: JobColumn) {
            switch value {
            case .null: self = .absent
            case .int, .bool, .text: self = value == column.usual ? .usual : .one
            case .ints, .bools, .texts: self = .array
            }
        }

        var isParameter: Bool { self == .one || self == .array }
    }

    static let columns = JobColumn.submitted + JobColumn.repeated + JobColumn.waiting + JobColumn.state
    /// An array of arrays must be of one length each; these come as texts.
    static let casts = ["after_ids": "::uuid[]", "tags": "::text[]"]

    private static let texts = Mutex<[InsertShape: String]>([:])
    private static let counted = ["tenant", "project", "type", "queue", "status"]
    private static let places = Dictionary(columns.enumerated().map { ($1.name, $0) }) { first, _ in first }

    /// How each of ``columns`` stands in the text.
    let parts: [Part]
    let hasLive: Bool
    let hasEnded: Bool
    /// Whether rows of `jobs` are stored in the order of their identifiers, whatever their numbers.
    ///
    /// Others who store some of the same are then waited for at the first of them, and not in a circle. Rows of `live`
    /// come before those of `jobs`, as in `errand_submit`: PostgreSQL performs the last part of a statement first.
    var sortsIDs = false
    /// Whether rows of `live` are stored in the order of their unique keys.
    var sortsKeys = false

    /// Whether all jobs add to the same count, so that their number is a parameter.
    var isCountedAlike: Bool { Self.counted.allSatisfy { self[$0] != .array } }

    var text: String {
        Self.texts.withLock { texts in
            if let text = texts[self] { return text }
            let text = makeText()
            texts[self] = text
            return text
        }
    }

    private subscript(_ column: String) -> Part { Self.places[column].map { parts[$0] } ?? .absent }

    // MARK: - The text

    /// The parameters: those of the columns in their order, the number of jobs where it is one, the time.
    private func makeText() -> String {
        var parameters = parts.count(where: \.isParameter)
        func next() -> String {
            parameters += 1
            return "$\(parameters)::bigint"
        }
        let counts = isCountedAlike ? alike(next()) : different
        let submitted = insert("jobs", JobColumn.submitted + JobColumn.repeated)
        var rows = ["j AS (\(submitted)\(sortsIDs ? " ORDER BY v.id" : ""))", "c AS (\(counts))"]
        if hasLive {
            let columns = JobColumn.repeated + JobColumn.waiting + JobColumn.state
            let claimable = ("claimable", "v.waiting AND v.run_at <= \(next())")
            let condition = hasEnded ? " WHERE v.status < 2" : ""
            let order = sortsKeys ? #" ORDER BY v.unique_key COLLATE "C", v.type COLLATE "C""# : ""
            rows.append("l AS (\(insert("live", columns, claimable))\(condition)\(order))")
        }
        if hasEnded { rows.append("e AS (\(insert("ended", JobColumn.state)) WHERE v.status >= 2)") }
        return """
            WITH v AS MATERIALIZED (\(source)),
            \(rows.joined(separator: ",\n"))
            SELECT number FROM v
            """
    }

    /// The jobs, with the numbers they are given; of a single job every column is one value.
    private var source: String {
        var arrays: [(name: String, parameter: String)] = []
        var columns = ["nextval('errand.job_numbers') AS number"]
        var parameter = 0
        for (column, part) in zip(Self.columns, parts) {
            if part.isParameter { parameter += 1 }
            switch part {
            case .absent: continue
            case .usual: columns.append("\(column.usual?.literal ?? "NULL")::\(column.type) AS \(column.name)")
            case .one: columns.append("$\(parameter)::\(column.type) AS \(column.name)")
            case .array: arrays.append((column.name, "$\(parameter)::\(column.type)[]"))
            }
        }
        guard !arrays.isEmpty else { return "SELECT \(columns.joined(separator: ", "))" }
        let names = arrays.map(\.name).joined(separator: ", ")
        return """
            SELECT a.*, \(columns.joined(separator: ", "))
            FROM unnest(\(arrays.map(\.parameter).joined(separator: ", "))) AS a(\(names))
            """
    }

    private func insert(
        _ table: String,
        _ columns: [JobColumn],
        _ more: (name: String, value: String)? = nil
    ) -> String {
        let columns = columns.filter { self[$0.name] != .absent }
        let targets = ["number"] + columns.map(\.name) + (more.map { [$0.name] } ?? [])
        let sources =
            ["v.number"] + columns.map { "v.\($0.name)\(Self.casts[$0.name] ?? "")" } + (more.map { [$0.value] } ?? [])
        return """
            INSERT INTO errand.\(table) (\(targets.joined(separator: ", ")))
            SELECT \(sources.joined(separator: ", ")) FROM v
            """
    }

    // MARK: - Counting

    private var countedColumns: [String] { Self.counted.filter { self[$0] != .absent } }

    private func alike(_ count: String) -> String {
        let columns = countedColumns
        return """
            INSERT INTO errand.job_counts (\(columns.joined(separator: ", ")), jobs)
            SELECT \(columns.map { "v.\($0)" }.joined(separator: ", ")), \(count) FROM v LIMIT 1
            """
    }

    private var different: String {
        let columns = countedColumns.joined(separator: ", ")
        return """
            INSERT INTO errand.job_counts (\(columns), jobs) SELECT \(columns), count(*) FROM v GROUP BY \(columns)
            """
    }
}
#endif
