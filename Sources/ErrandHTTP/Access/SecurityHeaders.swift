#if Server
import HTTPTypes
import Hummingbird

/// What every answer tells a browser not to do with it.
enum SecurityHeaders {
    /// A year: a browser that was here once comes back by https only.
    private static let strictTransport = "max-age=31536000"

    /// Adds the fields; a policy that an answer has of its own stays.
    static func add(to response: inout Response, _ request: Request, _ options: APIOptions) {
        response.headers[.contentTypeOptions] = "nosniff"
        response.headers[.referrerPolicy] = "no-referrer"
        response.headers[.crossOriginOpenerPolicy] = "same-origin"
        response.headers[.crossOriginResourcePolicy] = "same-origin"
        if response.headers[.contentSecurityPolicy] == nil {
            response.headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
        }
        // What says nothing of caches must not be kept by one.
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        // Said of localhost it would reach every other server there; behind a proxy it is the proxy's to say.
        guard options.transport == .tls, !LoopbackAccess.isLocal(request) else { return }
        response.headers[.strictTransportSecurity] = strictTransport
    }
}
#endif
