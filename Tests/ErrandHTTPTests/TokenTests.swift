#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import JWTKit
import Testing

@testable import ErrandHTTP

@Suite("JSON Web Tokens", .timeLimit(.minutes(5)))
struct TokenTests {
    private let issuer: TestIssuer

    init() throws { issuer = try TestIssuer() }

    @Test("a token is let in with the scopes, the tenant and the projects that it names, and no others")
    func claims() async throws {
        let api = try await issuer.api()
        let token = HTTPFields.bearer(try await issuer.token(api))
        let made = try await api.send(.post, "/api/jobs", #"{"type":"Import"}"#, headers: token)
        #expect(made.status == 202)
        #expect(try made.string("createdBy") == "user-1")
        #expect(try made.string("createdByName") == "Ann")
        let id = try #require(try made.string("id"))
        #expect(try await api.send(.post, "/api/jobs/\(id)/cancel", headers: token).status == 403)

        let foreign = HTTPFields.bearer(try await issuer.token(api, ["tenant": "\"b\""]))
        #expect(try await api.get("/api/jobs/\(id)", headers: foreign).status == 404)
        #expect(try await api.get("/api/jobs", headers: foreign).text == "[]")
        let narrow = HTTPFields.bearer(try await issuer.token(api, ["projects": "[\"p\"]"]))
        #expect(try await api.get("/api/jobs/\(id)", headers: narrow).status == 404)
        #expect(try await api.get("/api/jobs/projects/q", headers: narrow).status == 404)
        #expect(try await api.get("/api/jobs/projects/p", headers: narrow).status == 200)
        let none = HTTPFields.bearer(try await issuer.token(api, ["projects": "[]"]))
        #expect(try await api.get("/api/jobs/projects/p", headers: none).status == 404)
        let powerless = HTTPFields.bearer(try await issuer.token(api, ["scope": nil]))
        #expect(try await api.get("/api/jobs", headers: powerless).status == 403)
        let list = HTTPFields.bearer(try await issuer.token(api, ["scope": "[\"jobs:read\"]"]))
        #expect(try await api.get("/api/jobs/\(id)", headers: list).status == 200)
    }

    /// Changes of good claims that make a token one to refuse.
    static let wrongClaims: [(name: String, changes: [String: String?])] = [
        ("no exp", ["exp": nil]), ("exp is a text", ["exp": "\"9999999999\""]), ("exp passed", ["exp": "1767225569"]),
        ("exp beyond all years", ["exp": "1e300"]), ("no nbf", ["nbf": nil]), ("nbf to come", ["nbf": "1767225631"]),
        ("no aud", ["aud": nil]), ("another aud", ["aud": "\"other\""]), ("other auds", ["aud": "[\"a\",\"b\"]"]),
        ("an aud that begins like ours", ["aud": "\"errand2\""]), ("aud is a number", ["aud": "1"]),
        ("no iss", ["iss": nil]), ("another iss", ["iss": "\"https://issuer/\""]),
        ("two iss", ["iss": "[\"https://issuer\"]"]),
        ("no sub", ["sub": nil]), ("an empty sub", ["sub": "\"\""]), ("no tenant", ["tenant": nil]),
        ("an empty tenant", ["tenant": "\"\""]), ("tenant is null", ["tenant": "null"]),
        ("two tenants", ["tenant": "[\"a\",\"b\"]"]), ("projects is null", ["projects": "null"]),
        ("projects has a number", ["projects": "[\"p\",1]"]), ("scope is an object", ["scope": "{}"]),
        ("bound to a key of its sender", ["cnf": "{\"jkt\":\"x\"}"]),
    ]

    @Test("claims that are missing or wrong are refused", arguments: wrongClaims)
    func refusedClaims(_ wrong: (name: String, changes: [String: String?])) async throws {
        let api = try await issuer.api()
        try await expectRefused(try await issuer.token(api, wrong.changes), api, wrong.name)
    }

    @Test("a clock may be off by the leeway, and no further", arguments: [(29, 200), (30, 401)])
    func leeway(_ seconds: Int, _ status: Int) async throws {
        let api = try await issuer.api()
        let now = Int(api.clock.now().wall.timeIntervalSince1970)
        let token = try await issuer.token(api, ["exp": "\(now - seconds)", "nbf": "\(now - 60)"])
        #expect(try await api.get("/api/jobs", headers: .bearer(token)).status == status)
        let early = try await issuer.token(api, ["nbf": "\(now + seconds + (status == 200 ? 1 : 2))"])
        #expect(try await api.get("/api/jobs", headers: .bearer(early)).status == status)
    }

    /// Headers that a good signature does not make good.
    static let wrongHeaders = [
        #"{"alg":"RS256","kid":"two"}"#, #"{"alg":"RS256"}"#, #"{"alg":"RS384","kid":"one"}"#,
        #"{"alg":"PS256","kid":"one"}"#, #"{"alg":"rs256","kid":"one"}"#, #"{"kid":"one"}"#,
        #"{"alg":["RS256"],"kid":"one"}"#, #"{"alg":"RS256","kid":"../../../../dev/null"}"#,
        #"{"alg":"RS256","kid":"one' OR '1'='1"}"#, #"{"alg":"RS256","kid":"one\u0000"}"#, #"{"alg":"RS256","kid":1}"#,
        #"{"alg":"RS256","kid":""}"#, #"{"alg":"RS256","kid":null}"#, #"{"alg":"RS256","kid":"one","alg":"RS256"}"#,
        #"{"alg":"none","kid":"one","alg":"RS256"}"#, #"{"alg":"RS256","kid":"one","kid":"two"}"#,
        #"{"alg":"RS256","kid":"one","crit":["b64"],"b64":true}"#, #"{"alg":"RS256","kid":"one","typ":"logout+jwt"}"#,
        #"{"alg":"RS256","kid":"one","typ":7}"#, #"[{"alg":"RS256","kid":"one"}]"#, "x", "",
    ]

    @Test("a header that names another key or algorithm, or is not clear, is refused", arguments: wrongHeaders)
    func refusedHeaders(_ header: String) async throws {
        let api = try await issuer.api()
        try await expectRefused(try await issuer.token(api, header: header), api, header)
    }

    @Test("a token without a signature, or with one by what everybody has, is refused")
    func forged() async throws {
        let api = try await issuer.api()
        let claims = TestIssuer.claims(api)
        for alg in ["none", "None", "NONE", "RS256"] {
            let header = "{\"alg\":\"\(alg)\",\"kid\":\"one\"}"
            try await expectRefused(try TestIssuer.sign(header, claims, nil), api, "\(alg), unsigned")
        }
        // The public key as the secret: a server that takes the algorithm from the token would check it by that.
        let pem = issuer.privateKey.publicKey.pemRepresentation
        let confused = await JWTKeyCollection().add(hmac: HMACKey(from: pem), digestAlgorithm: .sha256)
        let header = #"{"alg":"HS256","kid":"one"}"#
        let token = try TestIssuer.sign(header, claims, await confused.getKey())
        try await expectRefused(token, api, "HS256 by the public key")
        let other = await JWTKeyCollection().add(ecdsa: ES256PrivateKey())
        let foreign = try TestIssuer.sign(#"{"alg":"RS256","kid":"one"}"#, claims, await other.getKey())
        try await expectRefused(foreign, api, "another key's signature")
    }

    @Test("a token that was changed, cut, extended or is far too long is refused")
    func malformed() async throws {
        let api = try await issuer.api()
        let good = try await issuer.token(api)
        #expect(try await api.get("/api/jobs", headers: .bearer(good)).status == 200)
        let parts = good.split(separator: ".").map(String.init)
        let admin = Base64URL.encode(Data(TestIssuer.claims(api, ["scope": "\"admin\""]).utf8))
        let twice = TestIssuer.claims(api).dropLast() + ",\"tenant\":\"b\"}"
        let keys = await JWTKeyCollection().add(rsa: issuer.privateKey, digestAlgorithm: .sha256)
        for token in [
            [parts[0], admin, parts[2]].joined(separator: "."), parts[0] + "." + parts[1], good + ".", good + "=",
            good + "." + parts[2], parts[0] + "." + parts[1] + ".", good.replacing(".", with: ".."),
            String(good.dropLast(8)),
            parts[0] + "=." + parts[1] + "." + parts[2], "..", ".", "eyJ",
            try TestIssuer.sign(#"{"alg":"RS256","kid":"one"}"#, String(twice), await keys.getKey()),
            try await issuer.token(api, ["pad": "\"\(String(repeating: "x", count: 8192))\""]),
        ] {
            try await expectRefused(token, api, String(token.prefix(40)))
        }
        let megabyte = String(repeating: "x", count: 1024 * 1024 - 100)
        let body = try await api.send(.post, "/api/session", "{\"key\":\"\(megabyte)\"}")
        #expect(body.status == 422)
        // In a header it does not come as far as that.
        #expect(try await api.get("/api/jobs", headers: .bearer(megabyte)).status == 431)
    }

    @Test("every refusal is told in the same words, and the log has the reason without the token")
    func words() async throws {
        let log = RecordedLog()
        let api = try await issuer.api(log: log)
        var texts: Set<String> = []
        for changes in [["exp": "1"], ["iss": "\"x\""], ["tenant": nil], ["aud": nil]] as [[String: String?]] {
            let token = try await issuer.token(api, changes)
            let reply = try await api.get("/api/jobs", headers: .bearer(token))
            texts.insert(try #require(try reply.string("detail")))
            for line in log.lines { #expect(!line.contains(token.prefix(20))) }
        }
        let unknown = "ek_000000000000_" + String(repeating: "x", count: 43)
        texts.insert(try #require(try await api.get("/api/jobs", headers: .bearer(unknown)).string("detail")))
        #expect(texts.count == 1)
        #expect(log.lines.filter { $0.hasPrefix("debug") }.count == 4)
        #expect(log.lines.contains { $0.contains("its exp has passed") })
    }

    private func expectRefused(
        _ token: String,
        _ api: TestAPI,
        _ what: String,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let reply = try await api.get("/api/jobs", headers: .bearer(token))
        #expect(reply.status == 401, "\(what)", sourceLocation: location)
        let wanted = "Bearer realm=\"errand\", error=\"invalid_token\""
        #expect(reply.headers[.wwwAuthenticate] == wanted, "\(what)", sourceLocation: location)
    }
}
#endif
