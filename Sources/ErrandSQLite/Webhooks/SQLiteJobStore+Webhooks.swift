public import Errand

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension SQLiteJobStore: WebhookStore {
    public func insert(_ webhook: Webhook) async throws(JobStoreError) {
        try webhook.validate()
        try await write { session throws(JobStoreError) in try session.insert(webhook) }
    }

    public func webhooks(scope: Scope) async throws(JobStoreError) -> [Webhook] {
        let webhooks = try await read { reader throws(JobStoreError) in
            try Webhook.all(
                of: reader.sql("SELECT * FROM webhooks WHERE job IS NULL ORDER BY created_at DESC, id DESC")
            )
        }
        return webhooks.filter { scope.contains($0.scope) }
    }

    public func webhook(_ id: JobID, scope: Scope) async throws(JobStoreError) -> Webhook {
        try await read { reader throws(JobStoreError) in
            let row = try reader.sql("SELECT * FROM webhooks WHERE id = ?")
            row.bind(1, id)
            guard let webhook = try Webhook.all(of: row).first, scope.contains(webhook.scope) else {
                throw .noWebhook(id)
            }
            return webhook
        }
    }

    public func webhook(of job: Job) async throws(JobStoreError) -> Webhook? {
        try await read { reader throws(JobStoreError) in
            let row = try reader.sql("SELECT * FROM webhooks WHERE job = ?")
            row.bind(1, job.number)
            return try Webhook.all(of: row).first
        }
    }

    public func update(_ id: JobID, _ change: WebhookChange, scope: Scope) async throws(JobStoreError) -> Webhook {
        try await write { session throws(JobStoreError) in
            let changed = try session.webhook(id, scope: scope).applying(change, at: session.time.wall)
            try changed.validate()
            try session.write(changed)
            return changed
        }
    }

    public func deleteWebhook(_ id: JobID, scope: Scope) async throws(JobStoreError) {
        try await write { session throws(JobStoreError) in
            let webhook = try session.webhook(id, scope: scope)
            guard webhook.job == nil else { throw .noWebhook(id) }
            try session.delete(webhook)
        }
    }
}
