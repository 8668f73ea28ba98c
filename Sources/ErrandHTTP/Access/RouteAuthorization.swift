#if Server
import Errand
import HTTPTypes
import Hummingbird

extension APIServices {
    /// Lets a request in where its credential allows the route; answers the context with who asks.
    ///
    /// Where nobody is asked for a credential one that is sent counts all the same, so that what it allows can be
    /// tried; what is no credential of ours is for somebody else.
    func authorize(_ route: APIRoute, _ request: Request, _ context: APIContext) async throws -> APIContext {
        guard route.admission.asksForCredential else { return context }
        var context = context
        try await admit(route, request, &context)
        if let scope = route.scope, !context.principal.scopes.allows(scope) { throw Problem.lacking(scope) }
        return context
    }

    private func admit(_ route: APIRoute, _ request: Request, _ context: inout APIContext) async throws {
        let address = ClientAddress.of(request, context, transport: options.transport)
        let isShown = options.access == .keys && request.headers[.authorization] != nil
        if isShown || authenticator.isAddressed(by: request) {
            context.principal = try await authenticator.principal(of: request, from: address)
        } else if route.takesTicket, let ticket = try StreamTickets.ticket(in: request) {
            (context.principal, context.session) = try await tickets.redeem(ticket, for: request.uri.path)
        } else if let cookie = try browserSessions.cookie(in: request) {
            (context.principal, context.session) = try await browserSessions.open(cookie)
            // A browser sends a cookie whoever made it send the request.
            if !request.method.isSafe, let refusal = SameOrigin(request, options.transport).refusal {
                throw Problem(.forbidden, refusal)
            }
        } else if options.access == .loopback {
            context.principal = .anyone
        } else {
            context.principal = try await authenticator.principal(of: request, from: address)
        }
    }
}

extension HTTPRequest.Method {
    /// Whether it changes nothing (RFC 9110, 9.2.1).
    var isSafe: Bool { self == .get || self == .head || self == .options }
}
#endif
