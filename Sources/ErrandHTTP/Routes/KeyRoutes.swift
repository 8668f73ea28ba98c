#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging

/// Making, listing and revoking API keys.
struct KeyRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.get, "/api/keys", "listKeys", .admin, list)
                .documented(.keys, "List keys", "Revoked and expired ones, too.")
                .answering(.json(200, .array(KeyJSON.schema), "The keys that the credential reaches.")),
            APIRoute(.post, "/api/keys", "createKey", .admin, create)
                .documented(.keys, "Make a key", "It can do no more than the credential that makes it.")
                .taking(.object, KeyRequest.schema, example: KeyRequest.example)
                .answering(.json(201, KeyJSON.newSchema, "The key, with its secret.", .location)),
            APIRoute(.get, "/api/keys/{id}", "getKey", .admin, get)
                .documented(.keys, "Get a key")
                .with(.keyID)
                .answering(.json(200, KeyJSON.schema, "The key.")),
            APIRoute(.delete, "/api/keys/{id}", "revokeKey", .admin, revoke)
                .documented(.keys, "Revoke a key", "It is refused from now on, on other servers within seconds.")
                .with(.keyID)
                .answering(.empty(204, "It is revoked.")),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let keys = try await services.stores.keys.apiKeys(scope: context.principal.reach)
        return .json(headers: .noStore) { writer in
            writer.array { writer in for key in keys { KeyJSON(key: key).write(to: &writer) } }
        }
    }

    private func get(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let id = try identifier(context)
        let keys = try await services.stores.keys.apiKeys(scope: context.principal.reach)
        guard let key = keys.first(where: { $0.id == id }) else { throw Problem(.notFound, "There is no key \(id).") }
        return .json(headers: .noStore) { KeyJSON(key: key).write(to: &$0) }
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        guard let body = try await request.json(context, limit: services.options.maximumBodyBytes) else {
            throw Problem(.validation, "The body is empty; it must be an object with name and scopes.")
        }
        let wanted = try KeyRequest(body, for: context.principal, now: services.now)
        var random = services.random.numbers
        let now = services.now
        let (key, secret) = wanted.make(services.identifiers.next(at: now), at: now, random: &random)
        try await services.stores.keys.insert(key)
        note("created an API key", key, context)
        var headers = HTTPFields.noStore
        headers[.location] = "/api/keys/\(key.id)"
        return .json(.created, headers: headers) { KeyJSON(key: key, secret: secret.text).write(to: &$0) }
    }

    private func revoke(_ request: Request, _ context: APIContext) async throws -> Response {
        let key = try await services.stores.keys.revokeAPIKey(identifier(context), scope: context.principal.reach)
        services.authenticator.keys.forget(key)
        note("revoked an API key", key, context)
        return Response(status: .noContent, headers: .noStore)
    }

    private func note(_ what: Logger.Message, _ key: APIKey, _ context: APIContext) {
        let by = context.principal.jobCreator ?? "anyone"
        services.logger.notice(
            what,
            metadata: ["key_id": "\(key.id)", "by": "\(by)", "request_id": "\(context.requestId)"]
        )
    }

    private func identifier(_ context: APIContext) throws(Problem) -> JobID {
        let text = try context.pathValue("id")
        if let id = JobID(text) { return id }
        throw Problem(.notFound, "\"\(text.quotable)\" names no key: an id is a UUID.")
    }
}
#endif
