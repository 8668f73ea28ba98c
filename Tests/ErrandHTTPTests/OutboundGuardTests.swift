#if Server
import Synchronization
import Testing

@testable import ErrandHTTP

@Suite("Where requests may go that a tenant chose the address of", .timeLimit(.minutes(1)))
struct OutboundGuardTests {
    private static let address = "93.184.215.14"

    /// Whether a URL is refused, and for no other reason than what it is.
    private func refuses(_ url: String, _ outbound: OutboundGuard) async -> Bool {
        do throws(UnsafeURL) {
            _ = try await outbound.target(of: url)
            return false
        } catch { return true }
    }

    private static var strict: OutboundGuard {
        var outbound = OutboundGuard()
        outbound.resolve = { _ in [address] }
        return outbound
    }

    @Test(
        "a URL that is not plainly a public host's is refused",
        arguments: [
            // This machine, its networks and what clouds keep there.
            "https://127.0.0.1/", "https://127.1.2.3/", "https://0.0.0.0/", "https://10.1.2.3/", "https://172.16.0.1/",
            "https://172.31.255.255/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data",
            "https://100.64.0.1/", "https://100.127.255.255/", "https://192.0.0.1/", "https://192.0.2.1/",
            "https://198.18.0.1/", "https://198.19.255.255/", "https://198.51.100.7/", "https://203.0.113.9/",
            "https://192.88.99.1/", "https://224.0.0.1/", "https://239.1.1.1/", "https://240.0.0.1/",
            "https://255.255.255.255/", "https://localhost/", "https://LOCALHOST/", "https://localhost./",
            "https://a.localhost/", "https://a.localhost./",
            // The same as IPv6, or inside it.
            "https://[::1]/", "https://[::]/", "https://[::ffff:169.254.169.254]/", "https://[::ffff:7f00:1]/",
            "https://[::127.0.0.1]/", "https://[64:ff9b::127.0.0.1]/", "https://[64:ff9b:1::1]/",
            "https://[2002:7f00:1::]/", "https://[2002:0808:0808::]/", "https://[2001::1]/", "https://[2001:db8::1]/",
            "https://[3fff::1]/", "https://[fc00::1]/", "https://[fd12:3456::1]/", "https://[fe80::1]/",
            "https://[fe80::1%25eth0]/", "https://[ff02::1]/", "https://[100::1]/", "https://[5f00::1]/",
            // Other spellings of addresses.
            "https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/",
            "https://127.0.0.1./", "https://08.8.8.8/", "https://8.8.8.8./", "https://1.2.3.4.5/", "https://a.0x10/",
            "https://[8.8.8.8]/", "https://[::1/", "https://::1/", "https://①②⑦.0.0.1/", "https://１２７.0.0.1/",
            // Other schemes, ports and parts.
            "http://a.example/", "ftp://a.example/", "file:///etc/passwd", "gopher://a.example/", "data:text/plain,x",
            "//a.example/", "a.example", "https:/a.example", "https:a.example", "", "https://", "https:///path",
            "https://a.example:22/", "https://a.example:8443/", "https://a.example:0/", "https://a.example:/",
            "https://a.example:0443/", "https://a.example:99999/", "https://a.example:443:80/",
            "https://user@a.example/", "https://user:pass@a.example/", "https://a.example@127.0.0.1/",
            "https://a.example#@127.0.0.1/", "https://a.example/#x", "https://a.example\\@127.0.0.1/",
            "https://a.example\\.b.example/", "https://a example/", "https://a.example/\u{0}",
            "https://a.example/\r\nX: y",
            "https://a..example/", "https://.example/", "https://%6c%6f%63alhost/", "https://exämple.example/",
            " https://a.example/", "https://\(String(repeating: "a", count: 64)).example/",
            "https://a.example/\(String(repeating: "x", count: 2048))",
        ]
    )
    func hostile(_ url: String) async {
        #expect(await refuses(url, Self.strict))
    }

    @Test(
        "a public host's URL is sent to as it is",
        arguments: [
            ("https://a.example", "https://a.example/"),
            ("https://A.Example:443/x?y=z@", "https://a.example:443/x?y=z@"),
            ("HTTPS://a.example:80?q", "https://a.example:80/?q"), ("https://a.example./", "https://a.example./"),
            ("https://xn--exmple-cua.example/", "https://xn--exmple-cua.example/"),
            ("https://8.8.8.8/", "https://8.8.8.8/"), ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/"),
            ("https://[64:ff9b::8.8.8.8]/", "https://[64:ff9b::808:808]/"),
            ("https://a_b.example/%7e", "https://a_b.example/%7e"),
        ]
    )
    func harmless(_ url: String, _ sent: String) async throws {
        let target = try await Self.strict.target(of: url)
        #expect(target.url == sent)
        #expect(target.address == Self.address || url.contains(target.host.prefix(3)))
    }

    @Test(
        "a name is refused when any of its addresses is not public, or when it has none",
        arguments: [
            ["127.0.0.1"], [address, "10.0.0.1"], ["::1", address], ["::ffff:127.0.0.1"], ["64:ff9b::a9fe:a9fe"], [],
            ["nonsense"],
        ]
    )
    func resolving(_ addresses: [String]) async {
        var outbound = OutboundGuard()
        outbound.resolve = { _ in addresses }
        #expect(await refuses("https://a.example/", outbound))
    }

    @Test("a name is resolved once for each request, and the first address is the one to connect to")
    func once() async throws {
        let asked = Mutex<[String]>([])
        var outbound = OutboundGuard()
        outbound.resolve = { host in
            asked.withLock { $0.append(host) }
            return ["2606:4700::1111", Self.address]
        }
        let target = try await outbound.target(of: "https://a.example/x")
        #expect(target.address == "2606:4700::1111" && target.host == "a.example")
        #expect(asked.withLock { $0 } == ["a.example"])
    }

    @Test("for development private addresses, any port and http are let through, each if it is allowed")
    func development() async throws {
        var outbound = OutboundGuard()
        outbound.allowsPrivate = true
        #expect(try await outbound.target(of: "https://127.0.0.1:8443/").address == "127.0.0.1")
        #expect(await refuses("http://127.0.0.1/", outbound))
        outbound.allowsHTTP = true
        #expect(try await outbound.target(of: "http://[::1]:9000/").address == "::1")
        #expect(await refuses("ftp://127.0.0.1/", outbound))
        #expect(await refuses("http://u@127.0.0.1/", outbound))
    }

    @Test("the system's resolver knows this machine, and says nothing of what is not there")
    func system() async throws {
        let local = try await HostResolver.addresses(of: "localhost")
        #expect(!local.isEmpty && local.allSatisfy { IPAddress($0)?.isGlobal == false })
        #expect(try await HostResolver.addresses(of: "nobody.invalid").isEmpty)
    }
}
#endif
