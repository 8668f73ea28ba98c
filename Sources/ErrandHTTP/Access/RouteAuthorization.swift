#if Server
import Errand
import Hummingbird

extension APIServices {
    /// Lets a request in where its credential allows the route; answers the context with who asks.
    ///
    /// Where nobody is asked for a credential a key that is sent counts all the same, so that what it allows can be
    /// tried; what is no key of ours is for somebody else.
    func authorize(_ route: APIRoute, _ request: Request, _ context: APIContext) async throws -> APIContext {
        guard let scope = route.scope, options.access == .keys || KeySecret.isIn(request) else { return context }
        var context = context
        context.principal = try await authenticator.principal(of: request)
        guard context.principal.scopes.allows(scope) else { throw Problem.lacking(scope) }
        return context
    }
}
#endif
