#if Server
import Errand
import ErrandTesting
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("Without authentication", .timeLimit(.minutes(5)))
struct AccessTests {
    private func refusal(host: [String], origin: [String] = [], site: [String] = []) -> String? {
        LoopbackAccess.refusal(.init(hosts: host, origins: origin, fetchSites: site))
    }

    @Test(
        "a Host that names this machine is let in",
        arguments: ["localhost", "localhost:8080", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:65535", "LocalHost:80"]
    )
    func hosts(_ host: String) { #expect(refusal(host: [host]) == nil) }

    @Test(
        "any other Host is refused",
        arguments: [
            "example.com", "localhost.example.com", "127.0.0.1.nip.io", "127.0.0.2", "0.0.0.0", "::1", "[::2]",
            "localhost:", "localhost:80x", "localhost:123456", "user@localhost", "localhost.", "", "[::1", "[::1]x",
            "evil.com:localhost",
        ]
    )
    func foreignHosts(_ host: String) { #expect(refusal(host: [host]) != nil) }

    @Test("a request without a Host, or with two that differ, is refused")
    func hostCount() {
        #expect(refusal(host: []) != nil)
        #expect(refusal(host: ["localhost", "127.0.0.1"]) != nil)
        #expect(refusal(host: ["localhost", "evil.com"]) != nil)
    }

    @Test(
        "an Origin must be this server's own",
        arguments: [
            ("http://localhost:8080", true), ("http://LOCALHOST:8080", true), ("http://localhost:8081", false),
            ("http://127.0.0.1:8080", false), ("https://localhost:8080", false), ("null", false),
            ("http://evil.com", false), ("", false),
        ]
    )
    func origins(_ origin: String, isAllowed: Bool) {
        #expect((refusal(host: ["localhost:8080"], origin: [origin]) == nil) == isAllowed)
    }

    @Test(
        "a browser's Sec-Fetch-Site must be same-origin or none",
        arguments: [("same-origin", true), ("none", true), ("same-site", false), ("cross-site", false), ("", false)]
    )
    func fetchSites(_ site: String, isAllowed: Bool) {
        #expect((refusal(host: ["localhost"], site: [site]) == nil) == isAllowed)
    }

    @Test("every route refuses a foreign page, and no reply ever allows another origin")
    func everyRoute() async throws {
        let api = TestAPI()
        for route in api.api.routes {
            let path = route.path.replacing("{id}", with: "1").replacing("{", with: "").replacing("}", with: "")
            let reply = try await api.send(route.method, path, headers: [.origin: "http://evil.com"])
            #expect(reply.status == 403, "\(route.operation)")
            #expect(try reply.problem == "forbidden")
            #expect(!reply.headers.contains { $0.name.canonicalName.hasPrefix("access-control") })
        }
        let preflight = try await api.send(.options, "/api/jobs", headers: [.origin: "http://evil.com"])
        #expect(preflight.status == 403)
    }

    @Test("a second Host is refused by the router as well")
    func router() async throws {
        let api = TestAPI()
        let host = try #require(HTTPField.Name("Host"))
        #expect(try await api.get("/livez", headers: [host: "evil.com"]).status == 403)
        #expect(try await api.get("/livez").status == 200)
    }

    @Test("an address that others can reach is refused with a reason", arguments: ["0.0.0.0", "192.168.1.2", "::"])
    func listening(_ host: String) {
        let error = #expect(throws: ListenError.self) { _ = try TestAPI().api.service(host: host, port: 0) }
        #expect(error?.description.contains(host) == true)
    }
}
#endif
