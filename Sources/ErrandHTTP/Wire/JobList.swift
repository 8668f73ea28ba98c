#if Server
import Errand
import FoundationEssentials
import Hummingbird

/// A request for a list of jobs: the filter, the page, and the links to other pages.
struct JobList {
    private static let filterNames = [
        "status", "type", "projectId", "queue", "tag", "createdBy", "createdAfter",
        "createdBefore", "q",
    ]
    /// What changes the list beside the filters, and is kept in its links.
    private static let shapeNames = ["sort", "count", "include"]
    /// Parameters whose values are lists.
    private static let listNames: Set = ["status", "type", "include"]

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
        .query("q", .text, "Jobs with this number, or this text in what they are found by."),
        .query("sort", .words(["-createdAt", "createdAt"]), "The newest first, as when left out, or the oldest."),
        .query("count", .words([Count.exact, .estimate].map(\.rawValue)), "Say in X-Total-Count how many there are."),
        .query("include", .array(.words(["metadata"])), "What else is shown of each; no list has metadata otherwise."),
        .query(
            "limit",
            .count,
            "How many: 50 when 0, or left out beside a cursor; 1,000 when both are left out; more than 200 are 200."
        ),
        .cursor,
    ]

    let filter: JobFilter
    let page: PageRequest
    /// How many there are is asked for.
    let count: Count?
    /// Whether each job is shown with its metadata.
    let showsMetadata: Bool
    private let cursors: CursorCodec
    private let words: [String]
    /// The given filters, encoded, for the links.
    private let parameters: [(name: String, value: String)]

    /// How exactly the number of jobs is asked for.
    enum Count: String {
        case exact
        case estimate
    }

    init(_ request: Request, project: Name?, scope: Scope, cursors: CursorCodec) throws(Problem) {
        var names = Set(Self.filterNames + Self.shapeNames + ["limit", "cursor"])
        if project != nil { names.remove("projectId") }
        let query = try Query(request, names: names)
        var filter = try Self.filter(query)
        if let project { filter.projectId = project }
        self.filter = filter
        self.cursors = cursors
        let isOldestFirst = try Self.isOldestFirst(query)
        count = try Self.count(query)
        showsMetadata = try Self.showsMetadata(query)
        let words =
            ["jobs by number, \(isOldestFirst ? "rising" : "falling")"] + [scope.tenantId.map { "=\($0)" } ?? ""]
            + filter.words
        self.words = words
        parameters = try Self.parameters(query)
        let cursor = try query.value("cursor")
        let isBare = !query.has("limit") && cursor == nil
        page = PageRequest(
            limit: isBare ? 1000 : try query.limit(),
            before: try cursor.map { (text) throws(Problem) in try cursors.decode(text, list: words) },
            isOldestFirst: isOldestFirst
        )
    }

    private static func filter(_ query: Query) throws(Problem) -> JobFilter {
        var filter = JobFilter()
        filter.statuses = try query.list("status").map { (given) throws(Problem) in try StatusWords.statuses(given) }
        filter.types = query.list("type").map { Set($0.map { Name($0) }) }
        filter.projectId = try query.text("projectId").map { Name($0) }
        filter.queue = try query.text("queue").map { Name($0) }
        filter.tag = try query.text("tag")
        filter.createdBy = try query.text("createdBy")
        filter.createdAfter = try query.moment("createdAfter")
        filter.createdBefore = try query.moment("createdBefore")
        filter.search = try query.text("q")
        return filter
    }

    /// Jobs have their numbers in the order they were stored in, so both orders are those of the numbers.
    private static func isOldestFirst(_ query: Query) throws(Problem) -> Bool {
        switch try query.text("sort") {
        case nil, "-createdAt": return false
        case "createdAt": return true
        case let other?:
            throw .parameter(
                "sort",
                "invalid",
                "sort is \"\(other.quotable)\"; it must be -createdAt, newest first, or createdAt."
            )
        }
    }

    private static func count(_ query: Query) throws(Problem) -> Count? {
        guard let word = try query.text("count") else { return nil }
        if let count = Count(rawValue: word) { return count }
        throw .parameter("count", "invalid", "count is \"\(word.quotable)\"; it must be exact or estimate.")
    }

    private static func showsMetadata(_ query: Query) throws(Problem) -> Bool {
        let words = query.list("include") ?? []
        if let other = words.first(where: { $0 != "metadata" }) {
            throw .parameter("include", "invalid", "include has \"\(other.quotable)\"; in a list it may have metadata.")
        }
        return !words.isEmpty
    }

    private static func parameters(_ query: Query) throws(Problem) -> [(name: String, value: String)] {
        var parameters: [(name: String, value: String)] = []
        for name in filterNames + shapeNames + ["limit"] {
            let text =
                listNames.contains(name) ? query.list(name)?.joined(separator: ",") : try query.text(name)
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
