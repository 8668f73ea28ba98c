#if Server
import Errand
import FoundationEssentials

/// A webhook as the API shows it; its secret only where it was just made.
struct WebhookJSON {
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

/// A delivery as the log shows it.
struct DeliveryJSON {
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
