#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

/// What a page of another site can make a browser send, as if `SameSite` did not hold the session's cookie back.
@Suite("Requests from pages of other sites", .timeLimit(.minutes(5)))
struct CrossSiteTests {
    /// What a browser says of where a request that changes something comes from, and whether it is let in.
    static let origins: [(fields: [String], isOwn: Bool)] = [
        (["Sec-Fetch-Site: same-origin"], true), (["Sec-Fetch-Site: same-origin", "Origin: http://HOST"], true),
        (["Origin: http://HOST"], true), (["Origin: HTTP://HOST"], true),
        ([], false), (["Sec-Fetch-Site: cross-site"], false), (["Sec-Fetch-Site: same-site"], false),
        (["Sec-Fetch-Site: none"], false), (["Sec-Fetch-Site: cross-site", "Origin: http://HOST"], false),
        (["Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"], false), (["Origin: null"], false),
        (["Origin: http://evil.com"], false), (["Origin: https://HOST"], false),
        (["Origin: http://HOST.evil.com"], false),
        (["Origin: http://HOST@evil.com"], false), (["Origin: http://HOST", "Origin: http://evil.com"], false),
        (["Origin: http://127.0.0.1"], false), (["Origin: http://HOST/"], false), (["Referer: http://HOST/"], false),
        (["Sec-Fetch-Site: Same-Origin"], false), (["X-Forwarded-Host: HOST"], false),
    ]

    @Test("with a cookie only a page of this server changes anything", arguments: origins)
    func changing(_ origin: (fields: [String], isOwn: Bool)) async throws {
        try await withSession { api, port, cookie in
            let id = try await api.submit()
            let fields = origin.fields.map { $0.replacing("HOST", with: "127.0.0.1:\(port)") }
            let reply = try await Self.post("/api/jobs/\(id)/cancel", "", fields + [cookie], port)
            #expect(reply.hasPrefix("HTTP/1.1 \(origin.isOwn ? "200" : "403")"), "\(fields): \(reply.prefix(200))")
            let job = try await api.memory.job(.id(id), scope: .default)
            #expect(job.status == (origin.isOwn ? .cancelled : .queued))
        }
    }

    @Test(
        "every operation that may change something refuses a cookie that a foreign page sent",
        arguments: TestAPI().api.routes.filter { !$0.method.isSafe && $0.admission.asksForCredential }
    )
    func everyRoute(_ route: APIRoute) async throws {
        let api = TestAPI.withKeys()
        let header = try await api.header(Set(AccessScope.allCases))
        let session = try await api.send(.post, "/api/session", headers: header).session
        let id = try await api.submit()
        let path = route.path.replacing("{id}", with: "\(id)")
        for foreign in [HTTPFields(), [.secFetchSite: "cross-site"], [.origin: "http://evil.com"], [.origin: "null"]] {
            let reply = try await api.send(route.method, path, headers: session + foreign)
            #expect(reply.status == 403)
            #expect(try reply.problem == "forbidden")
        }
        #expect(try await api.memory.job(.id(id), scope: .default).rev == 1)
    }

    @Test("a form of another site submits nothing, whatever it calls its body")
    func forms() async throws {
        try await withSession { api, port, cookie in
            for type in ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""] {
                let fields = [cookie, "Content-Type: \(type)", "Origin: http://evil.com", "Sec-Fetch-Site: cross-site"]
                let foreign = try await Self.post("/api/jobs", #"{"type":"Import"}"#, fields, port)
                #expect(foreign.hasPrefix("HTTP/1.1 403"), "\(type)")
                // Even a page of our own has to say that it sends JSON.
                let own = [cookie, "Content-Type: \(type)", "Sec-Fetch-Site: same-origin"]
                #expect(try await Self.post("/api/jobs", #"{"type":"Import"}"#, own, port).hasPrefix("HTTP/1.1 415"))
            }
            #expect(try await api.get("/api/jobs", headers: api.header([.jobsRead])).text == "[]")
        }
    }

    @Test("a page of another site cannot sign somebody in, nor out")
    func signingIn() async throws {
        try await withSession { api, port, cookie in
            let secret = try #require(try await api.header([.jobsRead])[.authorization]?.dropFirst(7))
            let body = "{\"key\":\"\(secret)\"}"
            for foreign in ["Origin: http://evil.com", "Origin: null", "Sec-Fetch-Site: cross-site"] {
                let fields = ["Content-Type: application/json", foreign]
                let reply = try await Self.post("/api/session", body, fields, port)
                #expect(reply.hasPrefix("HTTP/1.1 403") && !reply.lowercased().contains("set-cookie"))
                let out = try await Self.send("DELETE", "/api/session", "", [cookie, foreign], port)
                #expect(out.hasPrefix("HTTP/1.1 403"))
            }
            let plain = try await Self.post("/api/session", body, ["Content-Type: text/plain"], port)
            #expect(plain.hasPrefix("HTTP/1.1 415"))
            #expect(try await Self.send("GET", "/api/session", "", [cookie], port).hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test("no answer lets another origin read it, and a preflight gets nothing")
    func sharing() async throws {
        try await withSession { api, port, cookie in
            for (method, path) in [
                ("GET", "/api/jobs"), ("OPTIONS", "/api/jobs"), ("OPTIONS", "/api/session"), ("GET", "/x"),
            ] {
                let fields = [
                    cookie, "Origin: http://evil.com", "Access-Control-Request-Method: POST",
                    "Access-Control-Request-Headers: authorization, content-type",
                ]
                let reply = try await Self.send(method, path, "", fields, port).lowercased()
                #expect(!reply.contains("access-control"), "\(method) \(path)")
            }
        }
    }

    @Test("nothing changes by a GET or HEAD", arguments: TestAPI().api.routes.filter { $0.method != .get })
    func safeMethods(_ route: APIRoute) async throws {
        let api = TestAPI.withKeys()
        let header = try await api.header(Set(AccessScope.allCases))
        let id = try await api.submit()
        let path = route.path.replacing("{id}", with: "\(id)")
        for method in [HTTPRequest.Method.get, .head] { _ = try await api.send(method, path, headers: header) }
        #expect(try await api.memory.job(.id(id), scope: .default).rev == 1)
        #expect(try await api.memory.apiKeys(scope: .system).count == 1)
        #expect(try await api.memory.jobs(JobFilter(), page: PageRequest(limit: 10), scope: .system).jobs.count == 1)
    }

    @Test(
        "every answer tells browsers not to frame, guess, embed or pass it on",
        arguments: [
            "/livez", "/api/jobs", "/nothing", "/api/session", "/problems/gone",
        ]
    )
    func headers(_ path: String) async throws {
        let api = TestAPI.withKeys { $0.transport = .tls }
        let remote: HTTPFields = [.hostField: "jobs.example.com"]
        for header in [HTTPFields(), try await api.header([.jobsRead])] {
            let fields = try await api.get(path, headers: header + remote).headers
            #expect(fields[.contentSecurityPolicy]?.contains("frame-ancestors 'none'") == true)
            #expect(fields[.contentTypeOptions] == "nosniff")
            #expect(fields[.referrerPolicy] == "no-referrer")
            #expect(fields[.crossOriginOpenerPolicy] == "same-origin")
            #expect(fields[.crossOriginResourcePolicy] == "same-origin")
            #expect(fields[.cacheControl] != nil)
        }
    }

    @Test("only a server that speaks TLS itself, and not on localhost, asks browsers to come back by TLS")
    func strictTransport() async throws {
        for (transport, host, isSaid) in [
            (APIOptions.Transport.tls, "jobs.example.com", true), (.tls, "localhost", false),
            (.proxy, "jobs.example.com", false), (.plain, "localhost", false),
        ] {
            let api = TestAPI.withKeys { $0.transport = transport }
            let reply = try await api.get("/livez", headers: [.hostField: host])
            #expect((reply.headers[.strictTransportSecurity] != nil) == isSaid, "\(transport) \(host)")
        }
    }

    private func withSession(
        _ test: @Sendable (_ api: TestAPI, _ port: Int, _ cookie: String) async throws -> Void
    ) async throws {
        let api = TestAPI.withKeys()
        let session = try await api.send(.post, "/api/session", headers: api.header(Set(AccessScope.allCases))).session
        let cookie = "Cookie: \(try #require(session[.cookie]))"
        try await withServer(api) { port, _ in try await test(api, port, cookie) }
    }

    private static func post(_ path: String, _ body: String, _ fields: [String], _ port: Int) async throws -> String {
        try await send("POST", path, body, fields, port)
    }

    /// Sends a request as a browser or an attacker would, and reads the answer with its head.
    private static func send(
        _ method: String,
        _ path: String,
        _ body: String,
        _ fields: [String],
        _ port: Int
    ) async throws -> String {
        try await RawConnection.with(port: port) { client in
            let length = ["Content-Length: \(body.utf8.count)", "Connection: close"]
            try await client.request("\(method) \(path)", fields + length)
            if !body.isEmpty { try await client.send(body) }
            return try await client.readToEnd()
        }
    }
}
#endif
