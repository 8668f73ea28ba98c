#if Server
import Errand

/// Decides where requests go that a tenant chose the address of, so that they reach the internet and nothing else.
///
/// A name is resolved once, every one of its addresses must be global, and the connection goes to the very address that
/// was looked at: what the name stands for a moment later (DNS rebinding) makes no difference. Each request is looked
/// at anew.
public struct OutboundGuard: Sendable {
    /// Asks for all addresses of a name; none when there is no such name.
    public typealias Resolver = @Sendable (_ host: String) async throws -> [String]

    /// Whether this machine, private networks and any port may be reached; for development.
    public var allowsPrivate = false
    /// Whether `http` is enough; for development.
    public var allowsHTTP = false
    /// The ports that may be reached, where not any may.
    public var ports: Set<Int> = [80, 443]
    /// Asks for the addresses of a name; the system by default.
    public var resolve: Resolver = { try await HostResolver.addresses(of: $0) }

    /// Creates a guard that lets through what is public, over `https`.
    public init() {}

    /// Looks where a URL leads.
    ///
    /// - Parameter url: What a tenant gave.
    /// - Returns: The URL, and the address to connect to.
    /// - Throws: ``UnsafeURL`` with the reason.
    func target(of url: String) async throws(UnsafeURL) -> OutboundTarget {
        let url = try OutboundURL(url)
        guard url.isSecure || allowsHTTP else { throw UnsafeURL("it must begin with https://") }
        if !allowsPrivate {
            guard ports.contains(url.port) else {
                let known = ports.sorted().map { "\($0)" }.joined(separator: " or ")
                throw UnsafeURL("its port is \(url.port); it must be \(known)")
            }
            let name = url.host.hasSuffix(".") ? url.host.dropLast() : url.host[...]
            guard name != "localhost", !name.hasSuffix(".localhost") else {
                throw UnsafeURL("it leads to this machine")
            }
        }
        let addresses = try await addresses(of: url)
        guard allowsPrivate || addresses.allSatisfy(\.isGlobal) else {
            // Which one it was would tell what names of a private network stand for.
            throw UnsafeURL("\(url.host.quotable) leads to an address that is not public")
        }
        guard let address = addresses.first else {
            throw UnsafeURL("\(url.host.quotable) could not be resolved")
        }
        return OutboundTarget(url: url.text, host: url.host, address: address.description)
    }

    private func addresses(of url: OutboundURL) async throws(UnsafeURL) -> [IPAddress] {
        if let address = url.address { return [address] }
        let texts: [String]
        do { texts = try await resolve(url.host) } catch {
            throw UnsafeURL("\(url.host.quotable) could not be resolved")
        }
        let addresses = texts.compactMap { IPAddress($0) }
        guard addresses.count == texts.count else {
            throw UnsafeURL("\(url.host.quotable) has no address of a known kind")
        }
        return addresses
    }
}

/// Where a request goes: a URL, and the address that was found to be good.
struct OutboundTarget: Sendable, Equatable {
    /// The URL, rebuilt from its parts.
    let url: String
    /// Its host, which TLS checks the certificate against.
    let host: String
    /// The address to connect to.
    let address: String
}
#endif
