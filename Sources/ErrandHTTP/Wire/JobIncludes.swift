#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird

/// What a reader wants to see of a job beside what everybody sees.
struct JobIncludes: Sendable {
    /// The parts there are.
    enum Part: String, CaseIterable {
        case payload
        case attempts
        case logs
        case metadata
        case webhook
    }

    static let parameter = Parameter.query(
        "include",
        .array(.words(Part.allCases.map(\.rawValue))),
        """
        What else is shown of it. metadata is shown anyway: asked for, with all that is in it to administrators. \
        webhook is the one that came with its submit, without the secret.
        """
    )

    /// How many log lines are shown; the log's own route has them all.
    private static let logLines = 200

    private let parts: Set<Part>
    private let principal: Principal
    private var logs: [StoredLogLine] = []
    private var webhook: Webhook?

    init(_ request: Request, _ context: APIContext) throws(Problem) {
        let query = try Query(request, names: ["include"])
        var parts: Set<Part> = []
        for word in query.list("include") ?? [] {
            guard let part = Part(rawValue: word) else {
                throw .parameter(
                    "include",
                    "invalid",
                    "include has \"\(word.quotable)\"; it may have payload, attempts, logs, metadata and webhook."
                )
            }
            parts.insert(part)
        }
        self.parts = parts
        principal = context.principal
    }

    /// Reads what is not in the record itself.
    mutating func read(_ job: Job, from stores: APIStores, scope: Scope) async throws {
        if parts.contains(.webhook) { webhook = try await stores.webhooks.webhook(of: job) }
        guard parts.contains(.logs) else { return }
        logs = try await stores.jobs.logs(.id(job.id), after: 0, limit: Self.logLines, scope: scope)
    }

    /// What an entity tag depends on beside the record: lines are added to a log without a new revision, and a
    /// webhook is switched off without one.
    var form: String {
        guard !parts.isEmpty else { return "" }
        let names = parts.map(\.rawValue).sorted().joined(separator: ",")
        let state = webhook.map { " \($0.isEnabled) \($0.failures)" } ?? ""
        return " \(names) \(!principal.seesSecrets) \(logs.last?.sequence ?? 0)\(state)"
    }

    /// A job with its metadata, and with what was asked for.
    func json(_ job: Job, now: Date) -> JobJSON {
        var json = JobJSON(job: job, now: now)
            .showingMetadata(isWhole: parts.contains(.metadata) && principal.seesSecrets)
        json.more = { [self] in write(job, to: &$0) }
        return json
    }

    private func write(_ job: Job, to writer: inout JSONWriter) {
        if parts.contains(.payload) {
            writer.member("payload", principal.seesSecrets ? job.payload : Redaction.redacted(job.payload))
        }
        if parts.contains(.attempts) { writer.member("attempts") { AttemptsJSON(job: job).write(to: &$0) } }
        if parts.contains(.logs) { writer.member("logs") { LogJSON.write(logs, to: &$0) } }
        guard let webhook else { return }
        writer.member("webhook") { JobWebhookJSON.write(webhook, seesSecrets: principal.seesSecrets, to: &$0) }
    }
}
#endif
