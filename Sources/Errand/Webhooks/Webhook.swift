public import FoundationEssentials

/// An address that wants to hear of the ends of jobs.
///
/// Most are endpoints that somebody set up for a tenant. Others come with one job (``JobWebhook``), hear of nothing
/// else and go with its record.
public struct Webhook: Sendable, Hashable {
    /// The most endpoints a tenant may have.
    public static let endpointsPerTenant = 20
    /// For how long a secret that was replaced is signed with as well.
    public static let rotation: Duration = .seconds(86_400)
    /// The most secrets that are signed with at a time.
    public static let secretLimit = 4

    /// How a delivery's body is written.
    public enum Format: String, Sendable, Hashable, CaseIterable {
        /// As Standard Webhooks has it: type, timestamp, data.
        case standard
        /// A CloudEvent 1.0 in structured mode.
        case cloudevents
    }

    /// What deliveries are signed with.
    public struct Secret: Sendable, Hashable {
        /// `whsec_` and the base64 of 24 to 64 bytes.
        public var text: String
        /// Until when it is signed with; nil for the present one.
        public var validUntil: Date?

        /// Creates a secret.
        public init(_ text: String, validUntil: Date? = nil) {
            self.text = text
            self.validUntil = validUntil
        }
    }

    /// Identifies it; a version 7 UUID.
    public var id: JobID
    /// Whose jobs it hears of: a tenant's, perhaps of some projects only, or all of the installation.
    public var scope: Scope
    /// The number of the one job it came with; nil for an endpoint.
    public var job: Int64?
    /// Where deliveries go.
    public var url: String
    /// What it wants to hear of.
    public var events: Set<WebhookEvent>
    /// How deliveries are written.
    public var format: Format
    /// Whether anything is delivered.
    public var isEnabled: Bool
    /// Why it was switched off, where nobody did that by hand.
    public var disabledBecause: String?
    /// What deliveries are signed with, the present secret first.
    public var secrets: [Secret]
    /// When it was set up.
    public var createdAt: Date
    /// How many attempts in a row failed.
    public var failures: Int
    /// Until when nothing is sent, as the receiver asked for that or was overloaded.
    public var throttledUntil: Date?

    /// Creates an enabled webhook that was never delivered to.
    public init(
        id: JobID,
        scope: Scope,
        url: String,
        events: Set<WebhookEvent> = Set(WebhookEvent.allCases),
        format: Format = .standard,
        secret: Secret,
        createdAt: Date
    ) {
        self.id = id
        self.scope = scope
        self.url = url
        self.events = events
        self.format = format
        self.createdAt = createdAt
        secrets = [secret]
        isEnabled = true
        failures = 0
    }

    /// Whether it is to be told of a job's end.
    public func wants(_ event: WebhookEvent, of job: Job) -> Bool {
        guard isEnabled, events.contains(event), job.type != WebhookDelivery.type else { return false }
        return self.job.map { $0 == job.number } ?? scope.includes(job)
    }

    /// What is signed with now.
    public func validSecrets(at now: Date) -> [Secret] {
        secrets.filter { secret in secret.validUntil.map { $0 > now } ?? true }
    }
}

/// What a submit says about an address that wants to hear of this one job's end.
public struct JobWebhook: Sendable, Hashable {
    /// Where the delivery goes.
    public var url: String
    /// What it is signed with: `whsec_` and the base64 of 24 to 64 bytes.
    public var secret: String
    /// What it wants to hear of.
    public var events: Set<WebhookEvent>
    /// How the delivery is written.
    public var format: Webhook.Format

    /// Creates what a submit says.
    public init(
        url: String,
        secret: String,
        events: Set<WebhookEvent> = Set(WebhookEvent.allCases),
        format: Webhook.Format = .standard
    ) {
        self.url = url
        self.secret = secret
        self.events = events
        self.format = format
    }
}

extension Webhook {
    /// The webhook that comes with a stored job.
    ///
    /// - Parameters:
    ///   - new: What the submit said of it.
    ///   - id: Identifies the webhook.
    ///   - job: The number of the job.
    ///   - tenantId: The job's tenant.
    ///   - now: When the job was stored.
    public init(_ new: JobWebhook, id: JobID, job: Int64, tenantId: Name?, at now: Date) {
        self.init(
            id: id,
            scope: tenantId.map { .tenant($0) } ?? .system,
            url: new.url,
            events: new.events,
            format: new.format,
            secret: Secret(new.secret),
            createdAt: now.wholeMilliseconds
        )
        self.job = job
    }
}
