#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("API keys", .timeLimit(.minutes(5)))
struct KeyTests {
    private let api = TestAPI.withKeys()

    @Test("a key is shown once, works at once, and is kept as a hash")
    func creating() async throws {
        let admin = try await api.header([.admin], for: .tenant("a"))
        let made = try await api.send(.post, "/api/keys", #"{"name":"ci","scopes":["jobs:read"]}"#, headers: admin)
        #expect(made.status == 201)
        #expect(made.headers[.cacheControl] == "no-store")
        let (id, secret) = (try #require(try made.string("id")), try #require(try made.string("key")))
        #expect(made.headers[.location] == "/api/keys/\(id)")
        #expect(secret.hasPrefix("ek_") && secret.utf8.count == 59)
        #expect(try made.string("tenantId") == "a")
        let own: HTTPFields = [.authorization: "bearer \(secret)"]
        #expect(try await api.get("/api/jobs", headers: own).status == 200)
        for path in ["/api/keys", "/api/keys/\(id)"] {
            let shown = try await api.get(path, headers: admin)
            #expect(shown.status == 200 && shown.text.contains(id))
            #expect(!shown.text.contains(secret) && !shown.text.contains("\"key\""))
        }
        let kept = try #require(try await api.memory.apiKeys(scope: .tenant("a")).first { "\($0.id)" == id })
        #expect(kept.sha256 != secret && kept.sha256.utf8.count == 64 && !secret.hasSuffix(kept.prefix))
    }

    @Test(
        "nobody makes a key that may do more than its maker",
        arguments: [
            (#"{"name":"x","scopes":["worker"]}"#, "/scopes"),
            (#"{"name":"x","scopes":["queues:operate"]}"#, "/scopes"),
            (#"{"name":"x","scopes":["jobs:read"],"tenantId":"b"}"#, "/tenantId"),
            (#"{"name":"x","scopes":["jobs:read"],"tenantId":null}"#, "/tenantId"),
            (#"{"name":"x","scopes":["root"]}"#, "/scopes"),
            (#"{"name":"x","scopes":[]}"#, "/scopes"),
            (#"{"name":"","scopes":["jobs:read"]}"#, "/name"),
            (#"{"name":"x","scopes":["jobs:read"],"expiresAt":"2020-01-01T00:00:00Z"}"#, "/expiresAt"),
            (#"{"name":"x","scopes":["jobs:read"],"sha256":"00"}"#, "/sha256"),
        ]
    )
    func granting(_ body: String, pointer: String) async throws {
        let admin = try await api.header([.admin], for: .tenant("a"))
        let reply = try await api.send(.post, "/api/keys", body, headers: admin)
        #expect(reply.status == 422)
        #expect(try reply.places == [pointer])
        #expect(try await api.memory.apiKeys(scope: .system).count == 1)
    }

    @Test("an administrator of some projects makes keys for some of them only")
    func projects() async throws {
        let admin = try await api.header([.admin], for: .tenant("a", projects: ["p", "q"]))
        func make(_ rest: String) async throws -> Int {
            let body = #"{"name":"x","scopes":["jobs:read"]\#(rest)}"#
            return try await api.send(.post, "/api/keys", body, headers: admin).status
        }
        #expect(try await make(#","projects":["p"]"#) == 201)
        #expect(try await make("") == 201)
        #expect(try await make(#","projects":["p","r"]"#) == 422)
        #expect(try await make(#","tenantId":"a""#) == 422)
    }

    @Test("a key for the whole installation has to be asked for, and only those who have it can")
    func installation() async throws {
        let admin = try await api.header([.admin], for: .system)
        let plain = try await api.send(.post, "/api/keys", #"{"name":"x","scopes":["jobs:read"]}"#, headers: admin)
        #expect(try (plain.status, plain.string("tenantId")) == (201, "default"))
        let body = #"{"name":"x","scopes":["jobs:read"],"tenantId":null}"#
        let wide = try await api.send(.post, "/api/keys", body, headers: admin)
        #expect(try (wide.status, wide.member("tenantId")?.string) == (201, "null"))
    }

    @Test("a revoked key is refused at once by the server that revoked it, and soon by the others")
    func revoking() async throws {
        let admin = try await api.header([.admin], for: .tenant("a"))
        let (key, header) = try await api.key([.jobsRead], for: .tenant("a"))
        #expect(try await api.get("/api/jobs", headers: header).status == 200)
        #expect(try await api.send(.delete, "/api/keys/\(key.id)", headers: admin).status == 204)
        #expect(try await api.get("/api/jobs", headers: header).status == 401)

        let (other, otherHeader) = try await api.key([.jobsRead], for: .tenant("a"))
        #expect(try await api.get("/api/jobs", headers: otherHeader).status == 200)
        _ = try await api.memory.revokeAPIKey(other.id, scope: .system)
        api.clock.advance(by: .seconds(10))
        #expect(try await api.get("/api/jobs", headers: otherHeader).status == 401)
    }

    @Test("a key ends at its time, even while it is remembered")
    func expiring() async throws {
        let end = api.clock.now().wall + 5
        let header = try await api.key([.jobsRead], expiresAt: end).header
        #expect(try await api.get("/api/jobs", headers: header).status == 200)
        api.clock.advance(by: .seconds(5))
        #expect(try await api.get("/api/jobs", headers: header).status == 401)
    }

    @Test("a secret that only begins like a key's is no use of the key, also while the key is remembered")
    func guesses() async throws {
        let api = TestAPI.withKeys()
        let (key, header) = try await api.key([.jobsRead])
        #expect(try await api.get("/api/jobs", headers: header).status == 200)
        let used = try await api.memory.apiKey(prefix: key.prefix)?.usedAt
        api.clock.advance(by: .seconds(61))
        let secret = try #require(header[.authorization])
        let guess = secret.dropLast() + (secret.hasSuffix("A") ? "B" : "A")
        #expect(try await api.get("/api/jobs", headers: [.authorization: String(guess)]).status == 401)
        // Once while the key is remembered, and once while it is not.
        #expect(try await api.get("/api/jobs", headers: [.authorization: String(guess)]).status == 401)
        #expect(try await api.memory.apiKey(prefix: key.prefix)?.usedAt == used)
    }

    @Test("the store is asked for a key now and then, and its use is noted once a minute")
    func remembering() async throws {
        let (key, header) = try await api.key([.jobsRead])
        let began = api.clock.now().wall
        for _ in 0..<3 {
            #expect(try await api.get("/api/jobs", headers: header).status == 200)
            api.clock.advance(by: .seconds(5))
        }
        #expect(try await api.memory.apiKey(prefix: key.prefix)?.usedAt == began)
        api.clock.advance(by: .seconds(60))
        _ = try await api.get("/api/jobs", headers: header)
        #expect(try await api.memory.apiKey(prefix: key.prefix)?.usedAt == began + 75)
    }

    @Test("a store that cannot be reached is no reason to say that a key is wrong")
    func outage() async throws {
        let header = try await api.header([.jobsRead])
        api.store.fail(.unavailable)
        #expect(try await api.get("/api/jobs", headers: header).status == 503)
    }

    @Test("jobs belong to the key's tenant and say who submitted them; only administrators say something else")
    func submitting() async throws {
        let (key, header) = try await api.key([.jobsWrite, .jobsRead], for: .tenant("a"))
        let reply = try await api.send(.post, "/api/jobs", #"{"type":"Import"}"#, headers: header)
        #expect(reply.status == 202)
        #expect(try reply.string("createdBy") == "key:\(key.id)")
        #expect(try reply.string("createdByName") == "test")
        let id = try #require(try reply.string("id").flatMap { JobID($0) })
        #expect(try await api.memory.job(.id(id), scope: .tenant("a")).tenantId == "a")
        let named = #"{"type":"Import","createdBy":"u1","createdByName":"Ann"}"#
        let refused = try await api.send(.post, "/api/jobs", named, headers: header)
        #expect(refused.status == 422)
        #expect(try refused.places == ["/createdBy"])
        let admin = try await api.header([.admin], for: .tenant("a"))
        #expect(try await api.send(.post, "/api/jobs", named, headers: admin).string("createdBy") == "u1")
    }

    @Test("health is for everybody, and a foreign page gets nothing without a key")
    func open() async throws {
        for path in ["/livez", "/readyz", "/healthz"] { #expect(try await api.get(path).status == 200) }
        #expect(try await api.get("/api/jobs", headers: [.origin: "http://evil.com"]).status == 401)
    }

    @Test("where nobody is asked for a key, one that is sent counts, and other credentials are passed over")
    func unasked() async throws {
        let api = TestAPI()
        let (key, header) = try await api.key([.jobsRead])
        #expect(try await api.send(.post, "/api/jobs", #"{"type":"Import"}"#, headers: header).status == 403)
        #expect(try await api.get("/api/jobs", headers: header).status == 200)
        _ = try await api.memory.revokeAPIKey(key.id, scope: .system)
        api.clock.advance(by: .seconds(10))
        #expect(try await api.get("/api/jobs", headers: header).status == 401)
        for other in ["Bearer eyJhbGciOiJub25lIn0.e30.", "Basic eA=="] {
            #expect(try await api.get("/api/jobs", headers: [.authorization: other]).status == 200)
        }
        let body = #"{"name":"x","scopes":["worker"],"tenantId":"b"}"#
        #expect(try await api.send(.post, "/api/keys", body).status == 201)
    }

    @Test("a pause says by whom it was")
    func pausing() async throws {
        let header = try await api.header([.queuesOperate, .jobsRead])
        let reply = try await api.send(.post, "/api/queues/import/pause", #"{"reason":"deploy"}"#, headers: header)
        #expect(reply.status == 200)
        #expect(try reply.member("paused")?.object()["by"]?.stringValue == "test")
    }

    @Test("two credentials in one request are refused")
    func twice() async throws {
        var headers = try await api.header([.jobsRead])
        headers.append(HTTPField(name: .authorization, value: "Bearer x"))
        #expect(try await api.get("/api/jobs", headers: headers).status == 401)
    }
}
#endif
