#if Postgres
import Errand
import FoundationEssentials

/// The conditions of a list, and the values they are given.
struct ListConditions {
    /// The table that says whose a job is and what it does.
    let owner: String
    private var conditions: [String] = []
    private(set) var values: [PostgresValue] = []

    init(owner: String) { self.owner = owner }

    var text: String { conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ") }

    /// Adds a condition; `$` in it stands for the value.
    mutating func add(_ condition: String, _ value: PostgresValue) {
        values.append(value)
        conditions.append(condition.replacing("$", with: "$\(values.count)"))
    }

    mutating func add(_ scope: Scope) {
        guard case .tenant(let tenant, let projects) = scope else { return }
        add("\(owner).tenant = $::text", .text(tenant))
        if let projects { add("\(owner).project = ANY ($::text[])", .texts(projects.sorted())) }
    }

    mutating func add(_ filter: JobFilter) {
        if let statuses = filter.statuses {
            // In words, so that an index on some of them is found.
            let codes = statuses.map(\.code).sorted().map(String.init)
            conditions.append(codes.isEmpty ? "false" : "s.status IN (\(codes.joined(separator: ", ")))")
        }
        if let types = filter.types { add("\(owner).type = ANY ($::text[])", .texts(types.sorted())) }
        if let project = filter.projectId { add("\(owner).project = $::text", .text(project)) }
        if let queue = filter.queue { add("\(owner).queue = $::text", .text(queue)) }
        if let tag = filter.tag { add("j.tags @> $::text[]", .texts([tag])) }
        if let createdBy = filter.createdBy { add("j.created_by = $::text", .text(createdBy)) }
        if let after = filter.createdAfter { add("j.created_at >= $::bigint", .int(after.milliseconds)) }
        if let before = filter.createdBefore { add("j.created_at < $::bigint", .int(before.milliseconds)) }
        if let search = filter.search { add(JobSearch(search)) }
    }

    private mutating func add(_ search: JobSearch) {
        let prefix = bind(.text(search.prefix), "text")
        let end = bind(.text(search.end), "text")
        var ways = ["j.type", "j.created_by"].map { "\($0) >= \(prefix) AND \($0) < \(end)" }
        ways += ["starts_with(j.created_by_name, \(prefix))", "j.tags @> ARRAY[\(prefix)]"]
        if let number = search.number { ways.append("j.number = \(bind(.int(number), "bigint"))") }
        if let identifiers = search.identifiers {
            let first = bind(.text(identifiers.lowerBound.description), "uuid")
            ways.append("j.id BETWEEN \(first) AND \(bind(.text(identifiers.upperBound.description), "uuid"))")
        }
        conditions.append("(\(ways.joined(separator: " OR ")))")
    }

    /// Adds a value, and answers its place in the text.
    private mutating func bind(_ value: PostgresValue, _ type: String) -> String {
        values.append(value)
        return "$\(values.count)::\(type)"
    }
}
#endif
