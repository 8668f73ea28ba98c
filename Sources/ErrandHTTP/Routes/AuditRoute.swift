#if Server
import Errand
import HTTPTypes
import Hummingbird
import Logging

/// Who did what.
struct AuditRoute: Sendable {
    private static let filters: Set = ["actor", "operation", "after", "before"]

    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.get, "/api/audit", "listAudit", .admin, list)
                .documented(
                    .server,
                    "List what operators did",
                    "Cancels, retries, deletions, queues, keys and the like."
                )
                .with(
                    .query("actor", .text, "Whose credential it was, such as key: and its id."),
                    .query("operation", .text, "What was done, such as cancelJob."),
                    .query("after", .time, "At this time or later."),
                    .query("before", .time, "Before this time."),
                    .limit("How many."),
                    .cursor
                )
                .answering(.json(200, .array(AuditEntry.schema), "The newest first.", .link))
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let query = try Query(request, names: Self.filters.union(["limit", "cursor"]))
        var filter = AuditFilter()
        filter.actor = try query.text("actor")
        filter.operation = try query.text("operation")
        filter.after = try query.moment("after")
        filter.before = try query.moment("before")
        let parameters = try Self.filters.sorted().compactMap { (name) throws(Problem) in
            try query.text(name).map { "\(name)=\(PercentCoding.encode($0))" }
        }
        let words = ["audit by number, falling", context.scope.tenantId.map { "=\($0)" } ?? ""] + parameters
        let limit = try query.limit()
        let cursors = services.cursors
        let before = try query.text("cursor").map { (text) throws(Problem) in try cursors.decode(text, list: words) }
        // One more than asked for shows whether there is another page.
        let page = PageRequest(limit: limit + 1, before: before)
        let found = try await services.stores.audit.audit(filter, page: page, scope: context.scope)
        let entries = found.prefix(limit)
        var headers = HTTPFields.noStore
        if found.count > limit, let last = entries.last {
            let cursor = cursors.encode(last.number, list: words)
            let parts = parameters + ["limit=\(limit)", "cursor=\(cursor)"]
            headers[.link] = "</api/audit?\(parts.joined(separator: "&"))>; rel=\"next\""
        }
        return .json(headers: headers) { writer in
            writer.array { writer in for entry in entries { entry.write(to: &writer) } }
        }
    }
}

extension AuditEntry {
    static let schema = Schema.object([
        "at": .time,
        "tenantId": Schema.text.optional,
        "actor": .text,
        "actorName": Schema.text.optional,
        "operation": .text,
        "target": .text,
        "requestId": .text,
    ]).named("AuditEntry")

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("at", RFC3339.format(at))
            writer.memberIfPresent("tenantId", tenantId)
            writer.member("actor", actor)
            writer.memberIfPresent("actorName", actorName)
            writer.member("operation", operation)
            writer.member("target", target)
            writer.member("requestId", requestId)
        }
    }
}

extension APIRoute {
    /// Whether what is done goes into the audit: what changes jobs of others, or the installation itself.
    var isAudited: Bool {
        guard method != .get, let scope else { return false }
        switch scope {
        case .jobsRead, .jobsWrite, .worker: return false
        default: return true
        }
    }
}

extension APIServices {
    /// Notes that an operation was done; where that cannot be stored the log has it, as what was done stays done.
    func audit(_ route: APIRoute, _ request: Request, _ context: APIContext) async {
        guard route.isAudited else { return }
        let entry = AuditEntry(
            at: now,
            tenantId: context.scope.tenantId,
            actor: context.principal.jobCreator ?? "anyone",
            actorName: context.principal.name,
            operation: route.operation,
            target: request.uri.path.cut(toBytes: 2048),
            requestId: context.requestId
        )
        do { try await stores.audit.append(entry) } catch {
            logger.error(
                "the audit could not be written",
                metadata: [
                    "operation": "\(entry.operation)", "target": "\(entry.target)", "actor": "\(entry.actor)",
                    "tenant": "\(entry.tenantId ?? "")", "request_id": "\(entry.requestId)", "error": "\(error)",
                ]
            )
        }
    }
}
#endif
