import Errand
import FoundationEssentials

extension SQLiteReader {
    /// A page of jobs.
    func page(_ filter: JobFilter, _ page: PageRequest, _ scope: Scope) throws(JobStoreError) -> JobPage {
        let limit = min(max(page.limit, 1), 1000)
        var conditions = ListConditions()
        conditions.add(scope)
        conditions.add(filter)
        let (comparison, order) = page.isOldestFirst ? (">", "ASC") : ("<", "DESC")
        if let before = page.before { conditions.add("j.number \(comparison) ?", .number(before)) }
        let row = try sql(
            """
            SELECT \(JobRow.columns) FROM \(JobRow.source) \(conditions.text)
            ORDER BY j.number \(order) LIMIT \(limit + 1)
            """
        )
        row.clear()
        conditions.bind(to: row)
        defer { row.reset() }
        var jobs: [Job] = []
        while try row.step() { jobs.append(try read(row)) }
        guard jobs.count > limit else { return JobPage(jobs: jobs, next: nil) }
        jobs.removeLast()
        return JobPage(jobs: jobs, next: jobs.last?.number)
    }

    /// How many jobs a list has; stops at a limit where one is given.
    func count(_ filter: JobFilter, upTo limit: Int?, _ scope: Scope) throws(JobStoreError) -> Int {
        var conditions = ListConditions()
        conditions.add(scope)
        conditions.add(filter)
        // A negative limit is none in SQLite.
        let most = limit.map { max(0, $0) } ?? -1
        let row = try sql(
            """
            SELECT count(*) FROM (SELECT 1 FROM \(JobRow.source) \(conditions.text) LIMIT \(most))
            """
        )
        row.clear()
        conditions.bind(to: row)
        return Int(try row.onlyInt())
    }
}

/// The conditions of a list, and the values they are given.
private struct ListConditions {
    enum Value {
        case number(Int64)
        case text(String)
        case id(JobID)
    }

    private var conditions: [String] = []
    private var values: [Value] = []

    var text: String { conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ") }

    mutating func add(_ condition: String, _ values: Value...) {
        conditions.append(condition)
        self.values += values
    }

    private mutating func add(_ column: String, among names: some Collection<Name>) {
        conditions.append("\(column) IN (\(names.map { _ in "?" }.joined(separator: ", ")))")
        values += names.map { .text($0.text) }
    }

    mutating func add(_ scope: Scope) {
        guard case .tenant(let tenant, let projects) = scope else { return }
        // The number is looked up here so that the index on it is used; NULL, an unknown tenant, matches nothing.
        add("j.tenant = (SELECT tenant FROM tenants WHERE name = ?)", .text(tenant.text))
        if let projects { add("p.id", among: projects.sorted()) }
    }

    mutating func add(_ filter: JobFilter) {
        if let statuses = filter.statuses {
            let codes = statuses.map { String($0.code) }.sorted().joined(separator: ", ")
            add("j.status IN (\(codes))")
            // Says the same once more in the words of an index.
            if statuses.isSubset(of: [.queued, .running]) { add("j.phase IS NOT NULL") }
            if statuses.isSubset(of: [.failed, .cancelled]) { add("j.bad_end IN (\(codes))") }
        }
        if let types = filter.types { add("l.type", among: types.sorted()) }
        if let project = filter.projectId {
            add("j.project IN (SELECT project FROM projects WHERE id = ?)", .text(project.text))
        }
        if let queue = filter.queue { add("l.queue = ?", .text(queue.text)) }
        if let createdBy = filter.createdBy { add("j.created_by = ?", .text(createdBy)) }
        if let after = filter.createdAfter { add("j.created_at >= ?", .number(after.milliseconds)) }
        if let before = filter.createdBefore { add("j.created_at < ?", .number(before.milliseconds)) }
        if let tag = filter.tag { add(Self.hasTag, .text(tag)) }
        if let search = filter.search { add(JobSearch(search)) }
    }

    private mutating func add(_ search: JobSearch) {
        var ways = ["l.type", "j.created_by", "j.created_by_name"].map { "\($0) >= ? AND \($0) < ?" }
        var values = ways.flatMap { _ in [Value.text(search.prefix), .text(search.end)] }
        ways.append(Self.hasTag)
        values.append(.text(search.prefix))
        if let number = search.number {
            ways.append("j.number = ?")
            values.append(.number(number))
        }
        if let identifiers = search.identifiers {
            ways.append("j.id BETWEEN ? AND ?")
            values += [.id(identifiers.lowerBound), .id(identifiers.upperBound)]
        }
        conditions.append("(\(ways.joined(separator: " OR ")))")
        self.values += values
    }

    /// `json_each` walks a lone string like an array of one, hence the look at the type.
    private static let hasTag = """
        EXISTS (SELECT 1 FROM (
                SELECT CASE typeof(j.metadata) WHEN 'blob'
                    THEN (SELECT text FROM job_texts WHERE place = (j.number << 3) + 2) ELSE j.metadata END AS text
            ) m, json_each(m.text, '$.tags') t
            WHERE json_type(m.text, '$.tags') = 'array' AND t.type = 'text' AND t.value = ?)
        """

    func bind(to statement: SQLStatement) {
        for (index, value) in values.enumerated() {
            switch value {
            case .number(let number): statement.bind(CInt(index + 1), number)
            case .text(let text): statement.bind(CInt(index + 1), text)
            case .id(let id): statement.bind(CInt(index + 1), id)
            }
        }
    }
}
