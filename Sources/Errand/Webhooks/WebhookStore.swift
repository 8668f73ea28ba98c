/// Where webhooks are kept, beside the jobs.
///
/// A store that keeps them writes, with the end of a job and in the same transaction, a ``WebhookDelivery`` for every
/// webhook that ``Webhook/wants(_:of:)`` it. The webhook of a submit (``NewJob/webhook``) is stored with its job and
/// deleted with its record.
public protocol WebhookStore: Sendable {
    /// Records an endpoint.
    ///
    /// - Throws: `conflict` when there is one with its id, or the tenant has ``Webhook/endpointsPerTenant``.
    func insert(_ webhook: Webhook) async throws(JobStoreError)

    /// Lists the endpoints whose jobs all lie within a scope, newest first; those of single jobs are not among them.
    func webhooks(scope: Scope) async throws(JobStoreError) -> [Webhook]

    /// Reads a webhook, that of a single job too; throws `notFound` when there is none in the scope.
    func webhook(_ id: JobID, scope: Scope) async throws(JobStoreError) -> Webhook

    /// Reads the webhook that came with a job, which the caller has read within its scope; nil where none did.
    func webhook(of job: Job) async throws(JobStoreError) -> Webhook?

    /// Applies a change, as ``Webhook/applying(_:at:)`` says.
    ///
    /// - Returns: The changed webhook.
    /// - Throws: `notFound` when there is none in the scope, and what `applying` throws.
    func update(_ id: JobID, _ change: WebhookChange, scope: Scope) async throws(JobStoreError) -> Webhook

    /// Deletes an endpoint; throws `notFound` when there is none in the scope.
    func deleteWebhook(_ id: JobID, scope: Scope) async throws(JobStoreError)
}

extension JobStoreError {
    /// There is no such webhook, or none that may be seen.
    package static func noWebhook(_ id: JobID) -> JobStoreError {
        JobStoreError(.notFound, "There is no webhook \(id).")
    }

    /// The tenant has all the endpoints it may have.
    package static var tooManyWebhooks: JobStoreError {
        JobStoreError(.conflict, "There are \(Webhook.endpointsPerTenant) webhooks; delete one to make another.")
    }

    /// The identifier is taken.
    package static func takenWebhook(_ id: JobID) -> JobStoreError {
        JobStoreError(.conflict, "There is a webhook \(id) already.")
    }
}
