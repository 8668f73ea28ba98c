#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("Sessions of browsers", .timeLimit(.minutes(5)))
struct SessionTests {
    private let api = TestAPI.withKeys { $0.transport = .tls }
    private let own: HTTPFields = [.secFetchSite: "same-origin"]

    @Test("a key is exchanged for a cookie that only this host gets, over TLS, and that no script reads")
    func signingIn() async throws {
        let (key, header) = try await api.key([.jobsRead, .jobsWrite], for: .tenant("a", projects: ["q", "p"]))
        let reply = try await api.send(.post, "/api/session", headers: header)
        #expect((reply.status, reply.text) == (204, ""))
        let cookie = try #require(reply.headers[.setCookie])
        #expect(cookie.hasPrefix("__Host-errand="))
        #expect(cookie.hasSuffix("; Max-Age=43200; Path=/; Secure; HttpOnly; SameSite=Strict"))
        #expect(reply.headers[.cacheControl] == "no-store")
        let who = try await api.get("/api/session", headers: try reply.session)
        #expect(who.status == 200)
        #expect(try who.string("credential") == "key")
        #expect(try who.string("id") == "\(key.id)")
        #expect(try who.string("name") == "test")
        #expect(try who.string("tenantId") == "a")
        #expect(try who.member("projects")?.string == #"["p","q"]"#)
        #expect(try who.member("scopes")?.string == #"["jobs:read","jobs:write"]"#)
        #expect(try who.string("expiresAt") == RFC3339.format(api.clock.now().wall + 12 * 3600))
        #expect(try await api.get("/api/jobs", headers: reply.session).status == 200)
        #expect(try await api.get("/api/keys", headers: reply.session).status == 403)
        let secret = try #require(header[.authorization]?.dropFirst(7))
        let byBody = try await api.send(.post, "/api/session", "{\"key\":\"\(secret)\"}")
        #expect(try await api.get("/api/jobs", headers: byBody.session).status == 200)
        #expect(try await api.send(.post, "/api/session", "{\"key\":\"\(secret)\"}", headers: header).status == 401)
    }

    @Test("whoever shows a key instead is told the same of it")
    func whoAmI() async throws {
        let end = api.clock.now().wall + 60
        let header = try await api.key([.worker], for: .system, expiresAt: end).header
        let who = try await api.get("/api/session", headers: header)
        #expect(try who.member("tenantId")?.isNull == true)
        #expect(try who.member("isSession")?.boolValue == false)
        #expect(try who.string("expiresAt") == RFC3339.format(end))
        let open = try await TestAPI().get("/api/session")
        #expect(try open.string("credential") == "none")
        #expect(try open.string("tenantId") == "default")
    }

    @Test("logging out ends the session for whoever kept its cookie, on every server")
    func signingOut() async throws {
        let session = try await signIn()
        let other = try await signIn()
        let elsewhere = TestAPI.beside(api)
        #expect(try await elsewhere.get("/api/jobs", headers: session).status == 200)
        let reply = try await api.send(.delete, "/api/session", headers: session + own)
        #expect(reply.status == 204)
        #expect(reply.headers[.setCookie] == "__Host-errand=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict")
        #expect(try await api.get("/api/jobs", headers: session).status == 401)
        #expect(try await api.get("/api/session", headers: session).status == 401)
        api.clock.advance(by: .seconds(10))
        #expect(try await elsewhere.get("/api/jobs", headers: session).status == 401)
        #expect(try await api.get("/api/jobs", headers: other).status == 200)
    }

    @Test("a session ends with its key: when that is revoked, and when it is over")
    func ending() async throws {
        let (key, header) = try await api.key([.jobsRead], expiresAt: api.clock.now().wall + 3600)
        let reply = try await api.send(.post, "/api/session", headers: header)
        #expect(reply.headers[.setCookie]?.contains("Max-Age=3600;") == true)
        #expect(try await api.get("/api/jobs", headers: reply.session).status == 200)
        api.clock.advance(by: .seconds(3600))
        #expect(try await api.get("/api/jobs", headers: reply.session).status == 401)
        let (revoked, again) = try await api.key([.jobsRead])
        let session = try await api.send(.post, "/api/session", headers: again).session
        _ = try await api.memory.revokeAPIKey(revoked.id, scope: .system)
        api.clock.advance(by: .seconds(10))
        #expect(try await api.get("/api/jobs", headers: session).status == 401)
        #expect(key.id != revoked.id)
    }

    @Test("a session lasts twelve hours")
    func lasting() async throws {
        let session = try await signIn()
        api.clock.advance(by: .seconds(12 * 3600 - 1))
        #expect(try await api.get("/api/jobs", headers: session).status == 200)
        api.clock.advance(by: .seconds(1))
        #expect(try await api.get("/api/jobs", headers: session).status == 401)
    }

    @Test("a token's session has what the token said, and ends with it or with its key")
    func tokens() async throws {
        let issuer = try TestIssuer()
        let api = try await issuer.api { $0.transport = .tls }
        let token = try await issuer.token(api, ["projects": "[\"p\"]"])
        let reply = try await api.send(.post, "/api/session", headers: .bearer(token))
        #expect(reply.headers[.setCookie]?.contains("Max-Age=600;") == true)
        let session = try reply.session
        let who = try await api.get("/api/session", headers: session)
        #expect(try who.string("credential") == "token")
        #expect(try who.string("id") == "user-1")
        #expect(try who.string("tenantId") == "a")
        let made = try await api.send(
            .post,
            "/api/jobs",
            #"{"type":"Import","projectId":"p"}"#,
            headers: session + own
        )
        #expect(made.status == 202)
        #expect(try made.string("createdBy") == "user-1")
        #expect(try await api.get("/api/jobs/projects/q", headers: session).status == 404)
        try issuer.write("jwks.json", "{\"keys\":[]}")
        api.clock.advance(by: .seconds(60))
        #expect(try await api.get("/api/jobs", headers: session).status == 401)
        let long = (1...400).map { "\"project-\($0)\"" }.joined(separator: ",")
        try issuer.write("jwks.json", "{\"keys\":[\(issuer.jwk(kid: "one")) ]}")
        api.clock.advance(by: .seconds(60))
        let large = try await issuer.token(api, ["projects": "[\(long)]"])
        #expect(try await api.send(.post, "/api/session", headers: .bearer(large)).status == 422)
    }

    @Test("a cookie that was changed, belongs to another server or comes twice is refused")
    func forged() async throws {
        let session = try await signIn()
        let value = try #require(session[.cookie])
        let foreign = TestAPI.withKeys { options in
            options.transport = .tls
            options.secret = Array("another secret".utf8)
        }
        #expect(try await foreign.get("/api/jobs", headers: session).status == 401)
        let pass = Pass(.anyone, id: "s_x", expiresAt: api.clock.now().wall + 60)
        let anyone = PassCodec(secret: Array("a secret for tests".utf8), purpose: "session").encode(pass)
        let ticket = PassCodec(secret: Array("a secret for tests".utf8), purpose: "ticket").encode(pass)
        for cookie in [
            String(value.dropLast(2)), value + "x", value.replacing(".", with: ""), "\(value); \(value)",
            value.replacing("__Host-errand=", with: "errand="), "__Host-errand=", "__Host-errand=.",
            "__Host-errand=x.y",
            "__Host-errand=\(anyone)", "__Host-errand=\(ticket)", value.replacing("__Host-", with: "__host-"),
        ] {
            #expect(try await api.get("/api/jobs", headers: [.cookie: cookie]).status == 401, "\(cookie)")
        }
        #expect(try await api.get("/api/jobs", headers: [.cookie: "a=b; \(value); c=d"]).status == 200)
        // A credential that is sent on purpose counts before one that a browser adds.
        let both = session + HTTPFields.bearer("x")
        #expect(try await api.get("/api/jobs", headers: both).status == 401)
    }

    @Test("without TLS signing in works on this machine, and elsewhere says why it cannot")
    func plainHTTP() async throws {
        let api = TestAPI.withKeys()
        let header = try await api.header([.jobsRead])
        let local = try await api.send(.post, "/api/session", headers: header)
        let cookie = try #require(local.headers[.setCookie])
        #expect(cookie.hasPrefix("errand=") && !cookie.contains("Secure"))
        #expect(cookie.hasSuffix("; Path=/; HttpOnly; SameSite=Strict"))
        #expect(try await api.get("/api/jobs", headers: local.session).status == 200)
        let host: HTTPFields = [.hostField: "jobs.example.com"]
        let remote = try await api.send(.post, "/api/session", headers: header + host)
        #expect(remote.status == 403)
        #expect(try remote.string("detail")?.contains("--tls-cert") == true)
        #expect(try remote.string("detail")?.contains("--behind-proxy") == true)
        #expect(remote.headers[.setCookie] == nil)
        #expect(try await api.get("/api/jobs", headers: local.session + host).status == 401)
        let proxied = TestAPI.withKeys { $0.transport = .proxy }
        let there = try await proxied.header([.jobsRead])
        let reply = try await proxied.send(.post, "/api/session", headers: there)
        #expect(reply.headers[.setCookie]?.hasPrefix("__Host-errand=") == true)
    }

    private func signIn() async throws -> HTTPFields {
        try await api.send(.post, "/api/session", headers: api.header([.jobsRead])).session
    }
}

extension Reply {
    /// The header with which a browser sends back the session that a reply set.
    var session: HTTPFields {
        get throws {
            let field = try #require(headers[.setCookie])
            return [.cookie: String(field.prefix { $0 != ";" })]
        }
    }
}

extension HTTPFields {
    static func + (one: HTTPFields, other: HTTPFields) -> HTTPFields {
        var all = one
        for field in other { all.append(field) }
        return all
    }
}
#endif
