import Errand
import FoundationEssentials
import Testing

/// Keys, webhooks, audit and spent tokens, which a copy takes along so that everybody goes on as before.
struct CopiedIdentity {
    private let store: any CopyCheck.Store
    private let clock: ManualClock

    /// A token that is not taken again.
    static let token = "logged-out"
    /// A job that is not due in the time of a check, and comes with a webhook.
    static let watched = JobID("01890000-0000-7000-8000-0000000000bb")
    private static let secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"

    init(_ store: any CopyCheck.Store, _ clock: ManualClock) { (self.store, self.clock) = (store, clock) }

    func fill() async throws {
        let now = clock.now().wall
        for (index, scope) in [Scope.system, .tenant("t1", projects: ["p", "q \"r\""])].enumerated() {
            let key = APIKey(
                id: JobID(high: 0x0189_0000_0000_7000, low: 0x8000_0000_0000_0100 + UInt64(index)),
                prefix: "00000000000\(index)",
                sha256: String(repeating: "b", count: 64),
                name: "the key of \"ä\"",
                scope: scope,
                scopes: [.jobsRead, .jobsWrite],
                createdAt: now,
                expiresAt: index == 0 ? nil : now.addingTimeInterval(86400 * 365)
            )
            try await store.insert(key)
            try await store.noteUse(ofAPIKey: key.id, at: now)
            if index == 1 { _ = try await store.revokeAPIKey(key.id, scope: .system) }
        }
        for (index, tenant) in [Name?.none, "t1"].enumerated() {
            let path = "/api/jobs/\(index)/cancel"
            let entry = AuditEntry(
                at: now,
                tenantId: tenant,
                actor: "key:a",
                actorName: tenant.map { "of \($0)" },
                operation: "cancelJob",
                target: path,
                requestId: "r\(index)"
            )
            try await store.append(entry)
        }
        _ = try await store.spend(token: Self.token, until: now.addingTimeInterval(86400 * 30))
        try await fillWebhooks(now)
    }

    private func fillWebhooks(_ now: Date) async throws {
        // Nothing of that tenant ends: deliveries have random identifiers, which the comparison would not like.
        var endpoint = Webhook(
            id: JobID(high: 0x0189_0000_0000_7000, low: 0x8000_0000_0000_0200),
            scope: .tenant("quiet", projects: ["p"]),
            url: "https://example.com/ends?a=1",
            events: [.failed],
            format: .cloudevents,
            secret: Webhook.Secret(Self.secret),
            createdAt: now
        )
        endpoint.secrets.append(Webhook.Secret(Self.secret + "ABCD", validUntil: now.addingTimeInterval(60)))
        try await store.insert(endpoint)
        var job = NewJob(type: "known")
        job.id = Self.watched
        job.runAt = Moment(clamping: now + 86400 * 365)
        job.webhook = JobWebhook(url: "https://example.com/own", secret: Self.secret)
        _ = try await store.insert([job], scope: .default)
    }

    /// The end of the watched job is delivered.
    static func checkDelivery(on store: any CopyCheck.Store) async throws {
        let id = try #require(watched)
        _ = try await store.cancel(.id(id), reason: nil, scope: .system)
        let counts = try await store.counts(by: .type, projectId: nil, scope: .system)
        #expect(counts[WebhookDelivery.type]?.queued == 1)
    }
}
