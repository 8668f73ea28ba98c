#if Server
import Errand
import FoundationEssentials

/// A webhook as the API shows it; its secret only where it was just made.
struct WebhookJSON {
    static let schema = Schema.object([
        "id": .uuid,
        "url": .text,
        "events": .array(.words(WebhookEvent.allCases.map(\.rawValue))),
        "format": .words(Webhook.Format.allCases.map(\.rawValue)),
        "enabled": .boolean,
        "disabledBecause": Schema.text.about("Why it was switched off.").optional,
        "tenantId": Schema.text.nullable.about("null: the whole installation."),
        "projects": Schema.array(.text).about("Those whose jobs it hears of; left out: all.").optional,
        "createdAt": .time,
        "failures": Schema.count.about("Failed attempts in a row."),
        "throttledUntil": Schema.time.about("The receiver asked for less until then.").optional,
        "oldSecretValidUntil": Schema.time.about("Until when the secret before signs as well.").optional,
    ]).named("Webhook")

    /// With the secret, which is shown once.
    static let newSchema = schema.adding([
        "secret": Schema.text.about("Signs deliveries: shown now and never again.")
    ]).named("NewWebhook")

    let webhook: Webhook
    let now: Date
    var showsSecret = false

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", webhook.id.description)
            writer.member("url", webhook.url)
            writer.member("events", webhook.events.sorted().map(\.rawValue))
            writer.member("format", webhook.format.rawValue)
            writer.member("enabled", webhook.isEnabled)
            writer.memberIfPresent("disabledBecause", webhook.disabledBecause)
            writer.member("tenantId", webhook.scope.tenantId)
            if case .tenant(_, let projects?) = webhook.scope { writer.member("projects", projects.sorted()) }
            writer.member("createdAt", webhook.createdAt)
            writer.member("failures", webhook.failures)
            if let end = webhook.throttledUntil, end > now { writer.member("throttledUntil", end) }
            let old = webhook.validSecrets(at: now).compactMap(\.validUntil).max()
            writer.memberIfPresent("oldSecretValidUntil", old)
            if showsSecret { writer.memberIfPresent("secret", webhook.secrets.first?.text) }
        }
    }
}

/// The webhook that came with a job, as the job shows it: never its secret.
enum JobWebhookJSON {
    static let schema = Schema.object([
        "url": .text,
        "events": .array(.words(WebhookEvent.allCases.map(\.rawValue))),
        "format": .words(Webhook.Format.allCases.map(\.rawValue)),
        "enabled": .boolean,
        "disabledBecause": Schema.text.about("Why it was switched off.").optional,
    ])

    /// - Parameters:
    ///   - webhook: What came with the job.
    ///   - seesSecrets: Whether the whole URL is shown: its query may be what lets one in there.
    ///   - writer: Where it goes.
    static func write(_ webhook: Webhook, seesSecrets: Bool, to writer: inout JSONWriter) {
        let parts = webhook.url.split(separator: "?", maxSplits: 1)
        let url = seesSecrets || parts.count < 2 ? webhook.url : "\(parts[0])?\(Redaction.mark)"
        writer.object { writer in
            writer.member("url", url)
            writer.member("events", webhook.events.sorted().map(\.rawValue))
            writer.member("format", webhook.format.rawValue)
            writer.member("enabled", webhook.isEnabled)
            writer.memberIfPresent("disabledBecause", webhook.disabledBecause)
        }
    }
}

/// A delivery as the log shows it.
struct DeliveryJSON {
    static let schema = Schema.object([
        "id": .uuid,
        "messageId": Schema.text.about("The webhook-id of its requests, the same when it is repeated."),
        "event": .text,
        "jobId": Schema.uuid.optional,
        "status": .words(["pending", "sending", "delivered", "failed"]),
        "attempts": .count,
        "maxAttempts": .count,
        "lastAttempt": Schema.anyObject.about("What came of the last attempt.").optional,
        "error": Schema.text.optional,
        "createdAt": .time,
        "nextAttemptAt": Schema.time.optional,
        "completedAt": Schema.time.optional,
    ]).named("Delivery")

    let job: Job
    let delivery: WebhookDelivery

    init(_ job: Job) throws(JobStoreError) {
        self.job = job
        delivery = try WebhookDelivery(payload: job.payload)
    }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", job.id.description)
            writer.member("messageId", "msg_\(delivery.repeated ?? job.id)")
            writer.member("event", delivery.event)
            writer.memberIfPresent("jobId", delivery.job?.description)
            writer.member("status", status)
            writer.member("attempts", job.attempt)
            writer.member("maxAttempts", job.maxAttempts)
            writer.memberIfPresent("lastAttempt", job.data)
            writer.memberIfPresent("error", job.error)
            writer.member("createdAt", job.createdAt)
            if job.status == .queued { writer.member("nextAttemptAt", job.runAt) }
            writer.memberIfPresent("completedAt", job.completedAt)
        }
    }

    private var status: String {
        switch job.status {
        case .queued: "pending"
        case .running: "sending"
        case .completed: "delivered"
        case .failed, .cancelled: "failed"
        }
    }
}
#endif
