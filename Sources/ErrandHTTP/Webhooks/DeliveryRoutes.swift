#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird

/// Looking at what was delivered to a webhook, and delivering it again.
struct DeliveryRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.post, "/api/webhooks/{id}/test", "testWebhook", .webhooksWrite, test)
                .documented(.webhooks, "Send a test delivery", "It is tried once.")
                .with(.webhookID)
                .taking(.optionalObject, .fields([:]), example: "{}")
                .answering(.json(202, DeliveryJSON.schema, "The delivery, which is on its way."))
                .refusing(.conflict),
            APIRoute(.get, "/api/webhooks/{id}/deliveries", "listDeliveries", .webhooksWrite, list)
                .documented(.webhooks, "List what was delivered", "For a week.")
                .with(.webhookID, .limit("How many."), .cursor)
                .answering(.json(200, .array(DeliveryJSON.schema), "The newest first.", .link)),
            APIRoute(
                .post,
                "/api/webhooks/{id}/deliveries/{deliveryId}/replay",
                "replayDelivery",
                .webhooksWrite,
                replay
            )
            .documented(.webhooks, "Deliver again", "With the message id it had, by which receivers know it.")
            .with(.webhookID, .deliveryID)
            .taking(.optionalObject, .fields([:]), example: "{}")
            .answering(.json(202, DeliveryJSON.schema, "The new delivery."))
            .refusing(.conflict),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let query = try Query(request, names: ["limit", "cursor"])
        let webhook = try await services.webhook(context)
        let words = ["deliveries by number, falling", webhook.id.description]
        let before = try query.text("cursor").map { (text) throws(Problem) in
            try services.cursors.decode(text, list: words)
        }
        let limit = try query.limit()
        var filter = JobFilter()
        filter.projectId = Name(webhook.id.description)
        let page = try await services.stores.jobs.jobs(
            filter,
            page: PageRequest(limit: limit, before: before),
            scope: WebhookDelivery.scope(for: webhook.scope)
        )
        let path = request.uri.path
        var headers = HTTPFields.noStore
        let first = "<\(path)?limit=\(limit)>; rel=\"first\""
        headers[.link] =
            page.next.map { number in
                let cursor = services.cursors.encode(number, list: words)
                return "<\(path)?limit=\(limit)&cursor=\(cursor)>; rel=\"next\", \(first)"
            } ?? first
        let deliveries = try page.jobs.map { (job) throws(JobStoreError) in try DeliveryJSON(job) }
        return .json(headers: headers) { writer in
            writer.array { writer in for delivery in deliveries { delivery.write(to: &writer) } }
        }
    }

    private func test(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        try await services.readFields(request, context) { _, _, _ in false }.finish()
        let webhook = try await enabledWebhook(context)
        var writer = JSONWriter()
        writer.object { $0.member("webhookId", webhook.id.description) }
        let delivery = WebhookDelivery(
            webhook: webhook.id,
            event: WebhookDelivery.testEvent,
            at: services.now,
            data: writer.text
        )
        var new = delivery.submission(to: webhook)
        // Whoever tests wants to know, not to wait.
        new.maxAttempts = 1
        return try await deliver(new, to: webhook)
    }

    private func replay(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        try await services.readFields(request, context) { _, _, _ in false }.finish()
        let webhook = try await services.webhook(context)
        let text = try context.pathValue("deliveryId")
        let missing = Problem(.notFound, "There is no delivery \"\(text.quotable)\" to this webhook.")
        guard let id = JobID(text) else { throw missing }
        let job: Job
        do throws(JobStoreError) {
            job = try await services.stores.jobs.job(.id(id), scope: WebhookDelivery.scope(for: webhook.scope))
        } catch {
            throw error.code == .notFound ? missing : Problem(store: error)
        }
        guard job.projectId == Name(webhook.id.description) else { throw missing }
        try requireEnabled(webhook)
        var delivery = try WebhookDelivery(payload: job.payload)
        // The receiver is to know it as the message it was.
        delivery.repeated = delivery.repeated ?? job.id
        return try await deliver(delivery.submission(to: webhook), to: webhook)
    }

    private func enabledWebhook(_ context: APIContext) async throws -> Webhook {
        let webhook = try await services.webhook(context)
        try requireEnabled(webhook)
        return webhook
    }

    private func requireEnabled(_ webhook: Webhook) throws(Problem) {
        guard !webhook.isEnabled else { return }
        throw Problem(.conflict, "Webhook \(webhook.id) is switched off; send PATCH with enabled true first.")
    }

    private func deliver(_ new: NewJob, to webhook: Webhook) async throws -> Response {
        let scope = WebhookDelivery.scope(for: webhook.scope)
        guard let inserted = try await services.stores.jobs.insert([new], scope: scope).first else {
            throw JobStoreError(.corrupt, "The store answered nothing for one inserted job.")
        }
        let delivery = try DeliveryJSON(try await services.stores.jobs.job(.id(inserted.id), scope: scope))
        return .json(.accepted, headers: .noStore) { delivery.write(to: &$0) }
    }
}
#endif
