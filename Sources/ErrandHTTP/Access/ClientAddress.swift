#if Server
import HTTPTypes
import Hummingbird
import NIOCore

/// Where a request comes from, as far as it can be known: what wrong credentials are counted by.
enum ClientAddress {
    /// The peer's address; behind a proxy what that one says of its own peer.
    ///
    /// Of `X-Forwarded-For` only the last address counts, as the proxy in front added it; what stands before it is what
    /// the client says.
    static func of(_ request: Request, _ context: APIContext, transport: APIOptions.Transport) -> String {
        if transport == .proxy, let list = request.headers[values: .forwardedFor].last,
            let last = list.split(separator: ",").last?.trimmingWhitespace(), !last.isEmpty
        {
            return network(last)
        }
        return network(context.channel.remoteAddress?.ipAddress ?? "unknown")
    }

    /// The address itself, or the /64 of an IPv6 address: a subscriber has all of it.
    static func network(_ text: String) -> String {
        // What is no address is still the sender's mark, and is not kept at any length.
        guard let address = try? SocketAddress(ipAddress: text.trimmingBrackets, port: 0) else { return text.quotable }
        guard case .v6 = address, let ip = address.ipAddress, ip != "::1" else { return address.ipAddress ?? text }
        let mapped = "::ffff:"
        if ip.hasPrefix(mapped), ip.contains(".") { return String(ip.dropFirst(mapped.utf8.count)) }
        return groups(ip).prefix(4).joined(separator: ":") + "::/64"
    }

    /// The eight groups of an IPv6 address, of which `::` leaves out as many as are zero.
    private static func groups(_ ip: String) -> [Substring] {
        guard let gap = ip.firstRange(of: "::") else { return ip.split(separator: ":") }
        let (before, after) = (ip[..<gap.lowerBound].split(separator: ":"), ip[gap.upperBound...].split(separator: ":"))
        return before + Array(repeating: "0", count: max(0, 8 - before.count - after.count)) + after
    }
}

extension String {
    fileprivate var trimmingBrackets: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self
    }
}

extension HTTPField.Name {
    /// Whom a proxy speaks for.
    static let forwardedFor = HTTPField.Name(validated: "X-Forwarded-For")
}
#endif
