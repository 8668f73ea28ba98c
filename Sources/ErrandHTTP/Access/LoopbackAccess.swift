#if Server
import Hummingbird

/// The rules that stand in for authentication: only this machine, and no page of another site.
///
/// A web page can make a browser send requests to a server on the developer's own machine, under any name that it lets
/// resolve to 127.0.0.1. The `Host` says which name was used, `Origin` and `Sec-Fetch-Site` which page asked.
package enum LoopbackAccess {
    /// What a request says about where it comes from and goes to.
    struct Claims {
        /// Every `Host`, an absolute request target's among them.
        var hosts: [String]
        /// Every `Origin`.
        var origins: [String]
        /// Every `Sec-Fetch-Site`.
        var fetchSites: [String]
    }

    /// Whether others than this machine cannot reach the address.
    package static func mayListen(on host: String) -> Bool {
        ["localhost", "127.0.0.1", "::1"].contains(host.lowercased())
    }

    /// Why a request is refused; nil when it is not.
    static func refusal(_ claims: Claims) -> String? {
        guard let host = claims.hosts.first else { return "The request names no Host." }
        for host in claims.hosts where !isLoopback(host) {
            return "The Host \"\(host.quotable)\" is not localhost, 127.0.0.1 or [::1]."
        }
        guard claims.hosts.allSatisfy({ $0 == host }) else { return "The request names more than one Host." }
        for origin in claims.origins where origin.lowercased() != "http://\(host.lowercased())" {
            return "The Origin \"\(origin.quotable)\" is not this server's, http://\(host.quotable)."
        }
        for site in claims.fetchSites where site != "same-origin" && site != "none" {
            return "The request was made by a page of another site (Sec-Fetch-Site \"\(site.quotable)\")."
        }
        return nil
    }

    /// Whether a request names this machine as the one that it goes to.
    static func isLocal(_ request: Request) -> Bool {
        let hosts = Claims(request).hosts
        return !hosts.isEmpty && hosts.allSatisfy(isLoopback)
    }

    private static func isLoopback(_ host: String) -> Bool {
        let name: Substring
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return false }
            name = host[...end]
        } else {
            name = host.prefix { $0 != ":" }
        }
        guard ["localhost", "127.0.0.1", "[::1]"].contains(name.lowercased()) else { return false }
        return isPort(host[name.endIndex...])
    }

    /// Whether the text is nothing, or a colon and at most five digits.
    private static func isPort(_ text: Substring) -> Bool {
        guard let colon = text.utf8.first else { return true }
        let digits = text.utf8.dropFirst()
        return colon == UInt8(ascii: ":") && (1...5).contains(digits.count)
            && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
#endif
