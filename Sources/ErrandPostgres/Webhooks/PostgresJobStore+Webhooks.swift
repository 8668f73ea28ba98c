#if Postgres
public import Errand

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension PostgresJobStore: WebhookStore {
    public func insert(_ webhook: Webhook) async throws(JobStoreError) {
        try webhook.validate()
        try await write { session throws(JobStoreError) in try session.insert(webhook) }
    }

    public func webhooks(scope: Scope) async throws(JobStoreError) -> [Webhook] {
        let webhooks = try await read { session throws(JobStoreError) in
            try session.webhooks("job IS NULL AND ($1::text IS NULL OR tenant = $1::text)", .text(scope.tenantId))
        }
        return webhooks.filter { scope.contains($0.scope) }
    }

    public func webhook(_ id: JobID, scope: Scope) async throws(JobStoreError) -> Webhook {
        try await read { session throws(JobStoreError) in try session.webhook(id, scope: scope) }
    }

    public func webhook(of job: Job) async throws(JobStoreError) -> Webhook? {
        try await read { session throws(JobStoreError) in
            try session.webhooks("job = $1::bigint", .int(job.number)).first
        }
    }

    public func update(_ id: JobID, _ change: WebhookChange, scope: Scope) async throws(JobStoreError) -> Webhook {
        try await write { session throws(JobStoreError) in
            let changed = try session.webhook(id, scope: scope, locking: true)
                .applying(change, at: session.time.wall)
            try changed.validate()
            try session.write(changed)
            return changed
        }
    }

    public func deleteWebhook(_ id: JobID, scope: Scope) async throws(JobStoreError) {
        try await write { session throws(JobStoreError) in
            let webhook = try session.webhook(id, scope: scope, locking: true)
            guard webhook.job == nil else { throw .noWebhook(id) }
            try session.sql("DELETE FROM errand.webhooks WHERE id = $1::uuid", .id(id))
        }
    }
}
#endif
