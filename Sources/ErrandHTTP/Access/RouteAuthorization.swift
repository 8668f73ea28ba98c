#if Server
import Errand
import Hummingbird

extension APIServices {
    /// Lets a request in where its credential allows the route; answers the context with who asks.
    ///
    /// Where nobody is asked for a credential a key that is sent counts all the same, so that what it allows can be
    /// tried; what is no key of ours is for somebody else.
    func authorize(_ route: APIRoute, _ request: Request, _ context: APIContext) async throws -> APIContext {
        guard let scope = route.scope else { return context }
        var context = context
        let isAsked = options.access == .keys || KeySecret.isIn(request)
        context.principal = isAsked ? try await authenticator.principal(of: request) : .anyone
        guard context.principal.scopes.allows(scope) else { throw Problem.lacking(scope) }
        return context
    }
}
#endif
