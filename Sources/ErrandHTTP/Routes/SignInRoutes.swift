#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging

/// Signing in to the dashboard and out of it, and who one is.
struct SignInRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute.signingIn(.post, "/api/session", "createSession", create)
                .documented(.session, "Sign in", "A key or token becomes a cookie that pages of this server can use.")
                .taking(
                    .optionalObject,
                    .fields(["key": Schema.text.about("An API key or token; or Authorization.").optional]),
                    example: #"{"key":"ek_012345678901_…"}"#
                )
                .answering(.empty(204, "Set-Cookie has the session."))
                .refusing(.unauthenticated, .quotaExceeded, .storageUnavailable),
            APIRoute.anyCredential(.get, "/api/session", "getSession", get)
                .documented(.session, "Say who asks")
                .answering(.json(200, SessionJSON.schema, "What the credential stands for.")),
            APIRoute.anyCredential(.delete, "/api/session", "endSession", end)
                .documented(.session, "Sign out", "The session is over, wherever its cookie is kept.")
                .answering(.empty(204, "It is over.")),
        ]
    }

    private var transport: APIOptions.Transport { services.options.transport }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        guard transport != .plain || LoopbackAccess.isLocal(request) else { throw Self.plainHTTP }
        if let refusal = SameOrigin(request, transport).foreignPage { throw Problem(.forbidden, refusal) }
        let principal = try await signedIn(request, context)
        let (cookie, session) = try services.browserSessions.begin(for: principal)
        let maxAge = session.expiresAt.timeIntervalSince(services.now).rounded(.down)
        note("signed in", session, principal, context)
        return Response(
            status: .noContent,
            headers: [
                .cacheControl: "no-store", .setCookie: SessionCookie.set(cookie, maxAge: Int(maxAge), transport),
            ]
        )
    }

    /// Whose credential the header has, or the body; never both, as they may be two people's.
    private func signedIn(_ request: Request, _ context: APIContext) async throws -> Principal {
        let address = ClientAddress.of(request, context, transport: transport)
        let body = try await request.json(context, limit: services.options.maximumBodyBytes)
        guard let key = try body.flatMap({ try Self.key(in: $0) }) else {
            return try await services.authenticator.principal(of: request, from: address)
        }
        guard request.headers[.authorization] == nil else {
            throw Problem.unauthenticated("invalid_request", "There is a key in the body, and an Authorization.")
        }
        return try await services.authenticator.principal(bearing: key, from: address)
    }

    /// As much as a header field may have, where a token usually is.
    private static let keyBytes = 32 * 1024

    private static func key(in body: JSONText) throws -> String? {
        var key: String?
        let reader = FieldReader.read(try body.object()) { reader, name, value in
            guard name == "key" else { return false }
            key = reader.text(name, value, atMost: keyBytes)
            return true
        }
        try reader.finish()
        return key
    }

    private func get(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        return .json(headers: .noStore) { SessionJSON(context: context).write(to: &$0) }
    }

    private func end(_ request: Request, _ context: APIContext) async throws -> Response {
        if let session = context.session {
            try await services.browserSessions.end(session)
            note("signed out", session, context.principal, context)
        }
        return Response(
            status: .noContent,
            headers: [.cacheControl: "no-store", .setCookie: SessionCookie.cleared(transport)]
        )
    }

    private func note(_ what: Logger.Message, _ session: BrowserSession, _ principal: Principal, _ context: APIContext)
    {
        services.logger.notice(
            what,
            metadata: [
                "session": "\(session.id)", "by": "\(principal.jobCreator ?? "anyone")",
                "request_id": "\(context.requestId)",
            ]
        )
    }

    private static var plainHTTP: Problem {
        Problem(
            .forbidden,
            "Signing in needs https: over http a browser would send the session for all to read, and keeps it only "
                + "for localhost. Start errand serve with --tls-cert and --tls-key or, where a proxy speaks TLS in "
                + "front of it, with --behind-proxy."
        )
    }
}
#endif
