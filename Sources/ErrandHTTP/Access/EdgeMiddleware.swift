#if Server
import Errand
import HTTPTypes
import Hummingbird
import Logging

/// What every request passes: its identifier, the limits, the access rules, and the form of every refusal.
///
/// It is one middleware and not five because each link of a chain costs an allocation on every request.
struct EdgeMiddleware: RouterMiddleware {
    let services: APIServices
    let table: RouteTable

    func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.requestId = RequestID.choose(request.headers[.requestId], random: services.random)
        var response: Response
        do {
            try admit(request)
            response = try await next(request, context)
        } catch {
            response = answer(to: error, request, context)
        }
        response.headers[.requestId] = context.requestId
        SecurityHeaders.add(to: &response, request, services.options)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func admit(_ request: Request) throws(Problem) {
        try RequestLimits.check(request, options: services.options)
        guard services.options.access == .loopback else { return }
        if let refusal = LoopbackAccess.refusal(LoopbackAccess.Claims(request)) {
            throw Problem(.forbidden, refusal)
        }
    }

    private func answer(to error: any Error, _ request: Request, _ context: APIContext) -> Response {
        var problem = Problem(error)
        if problem.type == .notFound, error is HTTPError {
            let allowed = table.methods(at: request.uri.path)
            if !allowed.isEmpty {
                let allow = allowed.map(\.rawValue).joined(separator: ", ")
                if request.method == .options { return Response(status: .noContent, headers: [.allow: allow]) }
                problem = Problem(.methodNotAllowed, "\(request.method.rawValue) is not one of \(allow).")
                problem.headers[.allow] = allow
            }
        }
        if problem.status >= 500 { log(error, problem, request, context) }
        return problem.response(to: request, requestId: context.requestId)
    }

    private func log(_ error: any Error, _ problem: Problem, _ request: Request, _ context: APIContext) {
        let metadata: Logger.Metadata = [
            "request_id": "\(context.requestId)", "method": "\(request.method)",
            "path": "\(request.uri.path)", "status": "\(problem.status)", "error": "\(error)",
        ]
        guard problem.type == .storageUnavailable else {
            return context.logger.error("request failed", metadata: metadata)
        }
        services.logOutage("request failed", .error, to: context.logger, metadata: metadata)
    }
}
#endif
