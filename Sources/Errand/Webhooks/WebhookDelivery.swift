public import FoundationEssentials

/// One message for one webhook, as it is stored: the payload of a job of its own.
///
/// So it is written with the end of the job that it tells of, claimed under a lease, tried again, kept and pruned by
/// what does that for all jobs. The jobs belong to a tenant of Errand's own, so that no tenant sees, claims or counts
/// them, and tenants take turns with them.
public struct WebhookDelivery: Sendable, Hashable {
    /// The type of its jobs.
    public static let type: Name = "errand.webhook"
    /// The queue of its jobs.
    public static let queue: Name = "errand.webhooks"
    /// When it is tried after each attempt that failed, the first at once: Standard Webhooks' schedule.
    public static let schedule: [Duration] = [
        .seconds(5), .seconds(5 * 60), .seconds(30 * 60), .seconds(2 * 3600), .seconds(5 * 3600),
        .seconds(10 * 3600), .seconds(14 * 3600), .seconds(20 * 3600), .seconds(24 * 3600),
    ]
    /// What a test delivery says it is.
    public static let testEvent = "webhook.test"

    /// The webhook it goes to.
    public var webhook: JobID
    /// What it tells of: a ``WebhookEvent``'s name, or ``testEvent``.
    public var event: String
    /// When that happened.
    public var at: Date
    /// What is told, at most 18 KB.
    public var data: JSONText
    /// The job that it is about; nil for a test.
    public var job: JobID?
    /// The tenant of that job; nil for a system job and for a test.
    public var tenantId: Name?
    /// The delivery that this one repeats, whose message it is; nil for a message of its own.
    public var repeated: JobID?

    /// Creates a message.
    public init(webhook: JobID, event: String, at: Date, data: JSONText) {
        (self.webhook, self.event, self.at, self.data) = (webhook, event, at, data)
    }

    /// The scope in which deliveries to the webhooks of a scope are stored.
    public static func scope(for scope: Scope) -> Scope { .tenant("\(prefix)\(scope.tenantId ?? "")") }

    /// Whether a tenant's name is one of Errand's own, which nobody may be given.
    public static func isReserved(tenant: Name) -> Bool { tenant.hasPrefix(prefix) }

    private static let prefix: Name = "errand.webhooks/"
}

extension WebhookDelivery {
    /// The job that delivers it; to be stored within ``scope(for:)`` of the webhook's scope.
    ///
    /// - Parameter webhook: The webhook it goes to.
    /// - Returns: The job.
    public func submission(to webhook: Webhook) -> NewJob {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("webhook", self.webhook.description)
            writer.member("event", event)
            writer.member("at", at.milliseconds)
            writer.memberIfPresent("job", job?.description)
            writer.memberIfPresent("tenantId", tenantId)
            writer.memberIfPresent("repeated", repeated?.description)
            writer.member("data", data)
        }
        var new = NewJob(type: Self.type, queue: Self.queue, payload: writer.text)
        // By the project an endpoint's deliveries are listed. A job's own webhook has no list.
        if webhook.job == nil { new.projectId = Name(webhook.id.description) }
        new.maxAttempts = Self.schedule.count + 1
        return new
    }

    /// Reads the payload of a delivery's job.
    ///
    /// - Throws: `corrupt` for what is none.
    public init(payload: JSONText) throws(JobStoreError) {
        do {
            let object = try payload.object()
            guard let webhook = object["webhook"]?.stringValue.flatMap({ JobID($0) }),
                let event = object["event"]?.stringValue, let at = object["at"]?.int64Value, let data = object["data"]
            else { throw JobStoreError(.corrupt, "The payload is no webhook delivery.") }
            self.init(webhook: webhook, event: event, at: Date(milliseconds: at), data: data)
            job = object["job"]?.stringValue.flatMap { JobID($0) }
            tenantId = object["tenantId"]?.nameValue
            repeated = object["repeated"]?.stringValue.flatMap { JobID($0) }
        } catch {
            throw JobStoreError(.corrupt, "The payload is no webhook delivery.", underlying: error)
        }
    }
}

extension Webhook {
    /// The delivery of a job's end, to be stored in the transaction that ends the job; nil where it is not wanted.
    ///
    /// - Parameter job: The job as it is after its end.
    /// - Returns: What to store, and within which scope.
    public func delivery(of job: Job) -> (job: NewJob, scope: Scope)? {
        guard let event = WebhookEvent(job.status), wants(event, of: job) else { return nil }
        var delivery = WebhookDelivery(
            webhook: id,
            event: event.rawValue,
            at: job.completedAt ?? job.updatedAt,
            data: JobJSON.summary(of: job)
        )
        delivery.job = job.id
        delivery.tenantId = job.tenantId
        var new = delivery.submission(to: self)
        new.traceparent = job.traceparent
        return (new, WebhookDelivery.scope(for: scope))
    }
}
