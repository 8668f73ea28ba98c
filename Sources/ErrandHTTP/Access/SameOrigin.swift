#if Server
import HTTPTypes
import Hummingbird

/// Whether a page of this server, and no other, made a browser send a request.
///
/// `Sec-Fetch-Site` says so where the browser knows it; older ones send `Origin` with every request that changes
/// something. No page can set or hide either.
struct SameOrigin {
    private let claims: LoopbackAccess.Claims
    private let scheme: String

    init(_ request: Request, _ transport: APIOptions.Transport) {
        claims = LoopbackAccess.Claims(request)
        scheme = transport == .plain ? "http" : "https"
    }

    /// Why a request is refused that must have come from a page of this server; nil when it did.
    var refusal: String? {
        guard claims.fetchSites.isEmpty else { return foreignSite(but: ["same-origin"]) }
        guard !claims.origins.isEmpty else {
            return "With a session's cookie the request needs Sec-Fetch-Site or Origin, which browsers send."
        }
        return foreignOrigin
    }

    /// Why a request is refused that may come from anywhere but a page of another site; nil when it may.
    var foreignPage: String? { foreignSite(but: ["same-origin", "none"]) ?? foreignOrigin }

    private func foreignSite(but own: Set<String>) -> String? {
        claims.fetchSites.first { !own.contains($0) }.map {
            "The request was made by a page of another site (Sec-Fetch-Site \"\($0.quotable)\")."
        }
    }

    private var foreignOrigin: String? {
        guard !claims.origins.isEmpty else { return nil }
        let hosts = Set(claims.hosts.map { $0.lowercased() })
        guard let host = hosts.first, hosts.count == 1 else { return "The request names no Host, or more than one." }
        return claims.origins.first { $0.lowercased() != "\(scheme)://\(host)" }.map {
            "The Origin \"\($0.quotable)\" is not this server's, \(scheme)://\(host.quotable)."
        }
    }
}
#endif
