#if Server
import Errand
import FoundationEssentials
import Hummingbird

/// A request for a list of jobs: the filter, the page, and the links to other pages.
struct JobList {
    private static let filterNames = [
        "status", "type", "projectId", "queue", "tag", "createdBy", "createdAfter",
        "createdBefore",
    ]

    /// The parameters of a list, as the document has them.
    static let parameters: [Parameter] = [
        .query(
            "status",
            .array(.string(pattern: StatusWords.pattern)),
            "Any of these: Queued, Running, Completed, Failed, Cancelled, and the words of other systems, in any case."
        ),
        .query("type", .array(.text), "Any of these types."),
        .query("projectId", .text, "A project."),
        .query("queue", .text, "A queue."),
        .query("tag", .text, "A tag."),
        .query("createdBy", .text, "Who submitted it."),
        .query("createdAfter", .time, "Submitted at this time or later."),
        .query("createdBefore", .time, "Submitted before this time."),
        .limit("How many."), .cursor,
    ]

    let filter: JobFilter
    let page: PageRequest
    private let cursors: CursorCodec
    private let words: [String]
    /// The given filters, encoded, for the links.
    private let parameters: [(name: String, value: String)]

    init(_ request: Request, project: String?, scope: Scope, cursors: CursorCodec) throws(Problem) {
        var names = Set(Self.filterNames).union(["limit", "cursor"])
        if project != nil { names.remove("projectId") }
        let query = try Query(request, names: names)
        var filter = try Self.filter(query)
        if let project { filter.projectId = project }
        self.filter = filter
        self.cursors = cursors
        let words = Self.words(filter, scope)
        self.words = words
        parameters = try Self.parameters(query)
        let cursor = try query.value("cursor")
        let isBare = !query.has("limit") && cursor == nil
        page = PageRequest(
            limit: isBare ? 1000 : try query.limit(),
            before: try cursor.map { (text) throws(Problem) in try cursors.decode(text, list: words) }
        )
    }

    private static func filter(_ query: Query) throws(Problem) -> JobFilter {
        var filter = JobFilter()
        filter.statuses = try query.list("status").map { (given) throws(Problem) in try StatusWords.statuses(given) }
        filter.types = query.list("type").map(Set.init)
        filter.projectId = try query.text("projectId")
        filter.queue = try query.text("queue")
        filter.tag = try query.text("tag")
        filter.createdBy = try query.text("createdBy")
        filter.createdAfter = try query.date("createdAfter")
        filter.createdBefore = try query.date("createdBefore")
        return filter
    }

    /// The list in words that are the same for the same list, however its filters were spelt.
    private static func words(_ filter: JobFilter, _ scope: Scope) -> [String] {
        let optional = [
            scope.tenantId, filter.projectId, filter.queue, filter.tag, filter.createdBy,
            filter.createdAfter.map(RFC3339.format), filter.createdBefore.map(RFC3339.format),
        ]
        let sets = [filter.statuses.map { $0.map(\.rawValue).sorted() }, filter.types.map { $0.sorted() }]
        return ["jobs by number, falling"] + optional.map { $0.map { "=\($0)" } ?? "" }
            + sets.map { $0.map { "=" + $0.map { "\($0.utf8.count):\($0)" }.joined() } ?? "" }
    }

    private static func parameters(_ query: Query) throws(Problem) -> [(name: String, value: String)] {
        var parameters: [(name: String, value: String)] = []
        for name in filterNames + ["limit"] {
            let text =
                name == "status" || name == "type" ? query.list(name)?.joined(separator: ",") : try query.text(name)
            if let text { parameters.append((name, PercentCoding.encode(text))) }
        }
        return parameters
    }

    /// The `Link` field: the first page, and the next one where there is one.
    func links(next: Int64?, path: String) -> String {
        let first = "<\(target(path, parameters))>; rel=\"first\""
        guard let next else { return first }
        let cursor = (name: "cursor", value: cursors.encode(next, list: words))
        var all = parameters + [cursor]
        // A list that was asked for without a limit goes on in pages of the same size as it began, as far as allowed.
        if !all.contains(where: { $0.name == "limit" }) { all.append((name: "limit", value: "200")) }
        return "<\(target(path, all))>; rel=\"next\", \(first)"
    }

    private func target(_ path: String, _ parameters: [(name: String, value: String)]) -> String {
        guard !parameters.isEmpty else { return path }
        return "\(path)?" + parameters.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    }
}
#endif
