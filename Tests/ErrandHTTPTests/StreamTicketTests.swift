#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("Tickets for streams", .timeLimit(.minutes(5)))
struct StreamTicketTests {
    private let api = TestAPI.withKeys()

    private func ticket(_ path: String, _ headers: HTTPFields, on api: TestAPI? = nil) async throws -> String {
        let body = "{\"path\":\"\(path)\"}"
        let own: HTTPFields = [.secFetchSite: "same-origin"]
        let reply = try await (api ?? self.api).send(.post, "/api/stream-tickets", body, headers: headers + own)
        #expect(reply.status == 201)
        #expect(reply.headers[.cacheControl] == "no-store")
        #expect(try reply.member("expiresIn")?.int64Value == 60)
        return try #require(try reply.string("ticket"))
    }

    @Test("a ticket opens the stream that it names, once, on any server")
    func once() async throws {
        let id = try await api.complete()
        let path = "/api/jobs/\(id)/events"
        let ticket = try await ticket(path, api.header([.jobsRead]))
        let elsewhere = TestAPI.beside(api)
        let opened = try await elsewhere.get("\(path)?ticket=\(ticket)")
        #expect(opened.status == 200 && opened.text.contains("event: end"))
        for server in [api, elsewhere] {
            #expect(try await server.get("\(path)?ticket=\(ticket)").status == 401)
        }
        for line in api.log.lines + elsewhere.log.lines { #expect(!line.contains(ticket.suffix(20))) }
    }

    @Test("a ticket is of no use for another path, on another route, or after a minute")
    func scoped() async throws {
        let (one, other) = (try await api.complete(), try await api.complete())
        let header = try await api.header([.jobsRead])
        let path = "/api/jobs/\(one)/events"
        let ticket = try await ticket(path, header)
        for wrong in ["/api/jobs/\(other)/events", "/api/events", "/api/jobs/\(one)", "/api/jobs", "/api/session"] {
            #expect(try await api.get("\(wrong)?ticket=\(ticket)").status == 401, "\(wrong)")
        }
        let late = try await self.ticket(path, header)
        #expect(try await api.get("\(path)?ticket=\(ticket)&ticket=\(late)").status == 401)
        #expect(try await api.get("\(path)?ticket=\(ticket)").status == 200)
        api.clock.advance(by: .seconds(60))
        #expect(try await api.get("\(path)?ticket=\(late)").status == 401)
        for garbled in ["", "x", "x.y", String(late.dropLast()), late + "A"] {
            #expect(try await api.get("\(path)?ticket=\(garbled)").status == 401)
        }
    }

    @Test("a ticket shows what its credential may see, and ends with it")
    func credential() async throws {
        let id = try await api.complete()
        let path = "/api/jobs/\(id)/events"
        let foreign = try await ticket(path, api.header([.jobsRead], for: .tenant("b")))
        #expect(try await api.get("\(path)?ticket=\(foreign)").status == 404)
        let (key, header) = try await api.key([.jobsRead])
        let ticket = try await ticket(path, header)
        _ = try await api.memory.revokeAPIKey(key.id, scope: .system)
        api.clock.advance(by: .seconds(10))
        #expect(try await api.get("\(path)?ticket=\(ticket)").status == 401)
        let session = try await api.send(.post, "/api/session", headers: api.header([.jobsRead])).session
        let ofSession = try await self.ticket(path, session)
        let own: HTTPFields = [.secFetchSite: "same-origin"]
        #expect(try await api.send(.delete, "/api/session", headers: session + own).status == 204)
        #expect(try await api.get("\(path)?ticket=\(ofSession)").status == 401)
        let refused = try await api.send(
            .post,
            "/api/stream-tickets",
            #"{"path":"/api/events"}"#,
            headers: api.header([.jobsWrite])
        )
        #expect(refused.status == 403)
    }

    @Test(
        "a path that is no stream's is refused",
        arguments: [
            "", "/", "/api/jobs", "/api/keys", "/api/events?types=a", "api/events", "/api/events/", "/api/jobs//events",
            "https://evil.com/api/events",
        ]
    )
    func paths(_ path: String) async throws {
        let header = try await api.header([.jobsRead])
        let reply = try await api.send(.post, "/api/stream-tickets", "{\"path\":\"\(path)\"}", headers: header)
        #expect(reply.status == 422)
        #expect(try reply.places == ["/path"])
    }

    @Test("where nobody is asked for a credential a ticket works too, and only there")
    func unasked() async throws {
        let open = TestAPI()
        let id = try await open.complete()
        let path = "/api/jobs/\(id)/events"
        let ticket = try await ticket(path, [:], on: open)
        #expect(try await open.get("\(path)?ticket=\(ticket)").status == 200)
        let pass = Pass(.anyone, id: "t_x", expiresAt: api.clock.now().wall + 60)
        let codec = PassCodec(secret: Array("a secret for tests".utf8), purpose: "ticket")
        let jobs = "/api/events"
        #expect(try await api.get("\(jobs)?ticket=\(codec.encode(pass, for: [jobs]))").status == 401)
    }

    @Test("a bearer in the URL is refused, also where a ticket is taken")
    func bearerInURL() async throws {
        let secret = try #require(try await api.header([.jobsRead])[.authorization]?.dropFirst(7))
        for name in ["ticket", "access_token", "token", "key"] {
            #expect(try await api.get("/api/events?\(name)=\(secret)").status == 401, "\(name)")
        }
    }

    @Test("a stream of a session ends when the session does, and one of a ticket when its session does")
    func ending() async throws {
        let api = TestAPI.withKeys { $0.streamAccessInterval = .milliseconds(5) }
        let id = try await api.submit()
        let path = "/api/jobs/\(id)/events"
        let session = try await api.send(.post, "/api/session", headers: api.header([.jobsRead])).session
        let ticket = try await ticket(path, session, on: api)
        try await withServer(api) { port, _ in
            try await RawConnection.with(port: port) { client in
                try await client.request("GET \(path)?ticket=\(ticket)")
                _ = try await client.read(through: "\"status\":\"Queued\"")
                let own: HTTPFields = [.secFetchSite: "same-origin"]
                #expect(try await api.send(.delete, "/api/session", headers: session + own).status == 204)
                _ = try await client.read(through: "0\r\n\r\n")
            }
        }
    }
}
#endif
