#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging

/// Setting up webhooks.
struct WebhookRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.get, "/api/webhooks", "listWebhooks", .webhooksWrite, list)
                .documented(.webhooks, "List webhooks")
                .answering(.json(200, .array(WebhookJSON.schema), "Those of the tenant.")),
            APIRoute(.post, "/api/webhooks", "createWebhook", .webhooksWrite, create)
                .documented(.webhooks, "Set up a webhook", "The address has to be public, and is looked at each time.")
                .taking(.object, WebhookRequest.schema, example: WebhookRequest.example)
                .answering(.json(201, WebhookJSON.newSchema, "The webhook, with its secret.", .location))
                .refusing(.unsafeURL, .conflict),
            APIRoute(.get, "/api/webhooks/{id}", "getWebhook", .webhooksWrite, get)
                .documented(.webhooks, "Get a webhook")
                .with(.webhookID)
                .answering(.json(200, WebhookJSON.schema, "The webhook.")),
            APIRoute(.patch, "/api/webhooks/{id}", "updateWebhook", .webhooksWrite, update)
                .documented(.webhooks, "Change a webhook", "What is left out stays; enabled switches it on again.")
                .with(.webhookID)
                .taking(.object, WebhookRequest.changeSchema, example: #"{"enabled":true}"#)
                .answering(.json(200, WebhookJSON.schema, "As it is now."))
                .refusing(.unsafeURL),
            APIRoute(.delete, "/api/webhooks/{id}", "deleteWebhook", .webhooksWrite, delete)
                .documented(.webhooks, "Delete a webhook", "What was not delivered yet is not delivered any more.")
                .with(.webhookID)
                .answering(.empty(204, "It is deleted.")),
            APIRoute(.post, "/api/webhooks/{id}/rotate-secret", "rotateWebhookSecret", .webhooksWrite, rotate)
                .documented(.webhooks, "Give a webhook a new secret", "Deliveries are signed with both for a while.")
                .with(.webhookID)
                .taking(
                    .optionalObject,
                    .fields([
                        "oldValidSeconds": Schema.integer(0...Webhook.rotation.components.seconds)
                            .about("For how long the old secret signs as well; left out: a day.").optional
                    ]),
                    example: #"{"oldValidSeconds":3600}"#
                )
                .answering(.json(200, WebhookJSON.newSchema, "The webhook, with its new secret.")),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let webhooks = try await services.stores.webhooks.webhooks(scope: context.scope)
        let now = services.now
        return .json(headers: .noStore) { writer in
            writer.array { writer in
                for webhook in webhooks { WebhookJSON(webhook: webhook, now: now).write(to: &writer) }
            }
        }
    }

    private func get(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        return answer(try await services.webhook(context))
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        guard let body = try await request.json(context, limit: services.options.maximumBodyBytes) else {
            throw Problem(.validation, "The body is empty; it must be an object with a url.")
        }
        let wanted = try WebhookRequest(body, requiresURL: true)
        let url = wanted.url ?? ""
        try await services.requireSafe(url, at: "/url")
        var random = services.random.numbers
        let now = services.now
        var webhook = Webhook(
            id: services.identifiers.next(at: now),
            scope: context.scope,
            url: url,
            events: wanted.events ?? Set(WebhookEvent.allCases),
            format: wanted.format ?? .standard,
            secret: Webhook.Secret(random: &random),
            createdAt: now
        )
        webhook.isEnabled = wanted.isEnabled ?? true
        try await services.stores.webhooks.insert(webhook)
        note("created a webhook", webhook, context)
        var headers = HTTPFields.noStore
        headers[.location] = "/api/webhooks/\(webhook.id)"
        return answer(webhook, .created, headers, showsSecret: true)
    }

    private func update(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        // What is not there is said before what is wrong with the body.
        let id = try await services.webhook(context).id
        guard let body = try await request.json(context, limit: services.options.maximumBodyBytes) else {
            throw Problem(.validation, "The body is empty; it must be an object with what is to change.")
        }
        let wanted = try WebhookRequest(body, requiresURL: false)
        if let url = wanted.url { try await services.requireSafe(url, at: "/url") }
        let change = WebhookChange.edit(
            url: wanted.url,
            events: wanted.events,
            format: wanted.format,
            isEnabled: wanted.isEnabled
        )
        let webhook = try await services.stores.webhooks.update(id, change, scope: context.scope)
        note("changed a webhook", webhook, context)
        return answer(webhook)
    }

    private func rotate(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        var seconds = Webhook.rotation.components.seconds
        try await services.readFields(request, context) { reader, name, value in
            guard name == "oldValidSeconds" else { return false }
            seconds = reader.integer(name, value, in: 0...Webhook.rotation.components.seconds) ?? seconds
            return true
        }.finish()
        var random = services.random.numbers
        let change = WebhookChange.rotate(to: Webhook.Secret(random: &random), keepingOldFor: .seconds(seconds))
        let id = try context.webhookIdentifier()
        let webhook = try await services.stores.webhooks.update(id, change, scope: context.scope)
        note("rotated the secret of a webhook", webhook, context)
        return answer(webhook, showsSecret: true)
    }

    private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        let webhook = try await services.webhook(context)
        try await services.stores.webhooks.deleteWebhook(webhook.id, scope: context.scope)
        note("deleted a webhook", webhook, context)
        return Response(status: .noContent, headers: .noStore)
    }

    private func answer(
        _ webhook: Webhook,
        _ status: HTTPResponse.Status = .ok,
        _ headers: HTTPFields = .noStore,
        showsSecret: Bool = false
    ) -> Response {
        let json = WebhookJSON(webhook: webhook, now: services.now, showsSecret: showsSecret)
        return .json(status, headers: headers) { json.write(to: &$0) }
    }

    private func note(_ what: Logger.Message, _ webhook: Webhook, _ context: APIContext) {
        let by = context.principal.jobCreator ?? "anyone"
        services.logger.notice(
            what,
            metadata: ["webhook_id": "\(webhook.id)", "by": "\(by)", "request_id": "\(context.requestId)"]
        )
    }
}

extension APIContext {
    /// The webhook that the path names.
    func webhookIdentifier() throws(Problem) -> JobID {
        let text = try pathValue("id")
        if let id = JobID(text) { return id }
        throw Problem(.notFound, "\"\(text.quotable)\" names no webhook: an id is a UUID.")
    }
}

extension APIServices {
    /// The endpoint that the path names; the webhook of a single job is nothing that anybody manages.
    func webhook(_ context: APIContext) async throws -> Webhook {
        let id = try context.webhookIdentifier()
        let webhook = try await stores.webhooks.webhook(id, scope: context.scope)
        guard webhook.job == nil else { throw Problem(.notFound, "There is no webhook \(id).") }
        return webhook
    }

    /// Refuses a URL that leads where a tenant may not send this server.
    func requireSafe(_ url: String, at pointer: String) async throws(Problem) {
        do throws(UnsafeURL) {
            _ = try await options.outbound.target(of: url)
        } catch {
            let detail = "The URL is refused: \(error)."
            throw Problem(.unsafeURL, detail, parts: [.init(pointer: pointer, code: "unsafe-url", detail: detail)])
        }
    }

    /// Refuses a submit whose own webhook leads where it may not.
    func requireSafeWebhook(of job: NewJob) async throws(Problem) {
        if let webhook = job.webhook { try await requireSafe(webhook.url, at: "/webhook/url") }
    }
}
#endif
