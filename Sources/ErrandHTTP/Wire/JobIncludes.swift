#if Server
import Errand
import HTTPTypes
import Hummingbird

/// What a reader wants to see of a job beside what everybody sees.
struct JobIncludes: Sendable {
    /// The parts there are.
    enum Part: String, CaseIterable {
        case payload
        case attempts
        case logs
    }

    static let parameter = Parameter.query(
        "include",
        .array(.words(Part.allCases.map(\.rawValue))),
        "What else is shown of it."
    )

    /// How many log lines are shown; the log's own route has them all.
    private static let logLines = 200

    private let parts: Set<Part>
    private let isRedacted: Bool
    private var logs: [StoredLogLine] = []

    init(_ request: Request, _ context: APIContext) throws(Problem) {
        let query = try Query(request, names: ["include"])
        var parts: Set<Part> = []
        for word in query.list("include") ?? [] {
            guard let part = Part(rawValue: word) else {
                throw .parameter(
                    "include",
                    "invalid",
                    "include has \"\(word.quotable)\"; it may have payload, attempts and logs."
                )
            }
            parts.insert(part)
        }
        self.parts = parts
        isRedacted = !context.principal.scopes.allows(.admin)
    }

    /// Reads what is not in the record itself.
    mutating func read(_ job: Job, from store: any JobStore, scope: Scope) async throws {
        guard parts.contains(.logs) else { return }
        logs = try await store.logs(.id(job.id), after: 0, limit: Self.logLines, scope: scope)
    }

    /// What an entity tag depends on beside the record: lines are added to a log without a new revision.
    var form: String {
        guard !parts.isEmpty else { return "" }
        let names = parts.map(\.rawValue).sorted().joined(separator: ",")
        return " \(names) \(isRedacted) \(logs.last?.sequence ?? 0)"
    }

    func write(_ job: Job, to writer: inout JSONWriter) {
        if parts.contains(.payload) {
            writer.member("payload", isRedacted ? Redaction.redacted(job.payload) : job.payload)
        }
        if parts.contains(.attempts) { writer.member("attempts") { AttemptsJSON(job: job).write(to: &$0) } }
        if parts.contains(.logs) { writer.member("logs") { LogJSON.write(logs, to: &$0) } }
    }
}
#endif
