#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
public import Testing

@testable public import ErrandHTTP

/// Asks every operation of the route table for every refusal that its declaration makes it owe.
@Suite("What every route refuses", .timeLimit(.minutes(5)))
struct RouteMatrixTests {
    private static let routes = TestAPI().api.routes
    /// Enough for anything, in the tenant `a`.
    private static let all = Set(AccessScope.allCases)

    /// A server with a job, a dataset and a key of the tenant `a`.
    private struct Fixture {
        let api: TestAPI
        let job: JobID
        let key: JobID
        let worker: String
        let webhook: JobID
        let delivery: JobID

        init(configure: (inout APIOptions) -> Void = { _ in }) async throws {
            api = .withKeys(configure: configure)
            var job = NewJob(type: "Import", queue: "import")
            job.projectId = "p"
            self.job = try await api.memory.insert([job], scope: .tenant("a"))[0].id
            key = try await api.key([.jobsRead], for: .tenant("a")).key.id
            let header = try await api.header([.worker], for: .tenant("a"))
            let session = "{\"name\":\"w\",\"types\":[\"Import\"],\"slots\":1}"
            let opened = try await api.send(.post, "/api/worker/sessions", session, headers: header)
            worker = try #require(try opened.string("workerId"))
            let hooks = try await api.header([.webhooksWrite], for: .tenant("a"))
            let made = try await api.send(.post, "/api/webhooks", "{\"url\":\"https://a.example\"}", headers: hooks)
            webhook = try #require(try made.string("id").flatMap { JobID($0) })
            let tested = try await api.send(.post, "/api/webhooks/\(webhook)/test", headers: hooks)
            delivery = try #require(try tested.string("id").flatMap { JobID($0) })
        }

        /// A path that leads to something of the tenant `a`, where the operation's path names anything.
        func path(_ route: APIRoute) -> String {
            let id =
                route.path.hasPrefix("/api/keys") ? key : route.path.hasPrefix("/api/webhooks") ? webhook : job
            return route.path.replacing("{id}", with: "\(id)").replacing("{projectId}", with: "p")
                .replacing("{type}", with: "Import").replacing("{name}", with: "import").replacing("{token}", with: "x")
                .replacing("{slug}", with: "gone").replacing("{workerId}", with: worker)
                .replacing("{deliveryId}", with: "\(delivery)")
        }
    }

    @Test("without a credential the answer is 401, with the way to get in", arguments: routes)
    func unauthenticated(_ route: APIRoute) async throws {
        let fixture = try await Fixture()
        let reply = try await fixture.api.send(route.method, fixture.path(route))
        guard route.admission != .open else {
            #expect(reply.status != 401)
            return
        }
        #expect(reply.status == 401)
        #expect(try reply.problem == "unauthenticated")
        #expect(reply.headers[.wwwAuthenticate] == "Bearer realm=\"errand\"")
    }

    @Test("with a credential for everything else the answer is 403, and names what is missing", arguments: routes)
    func forbidden(_ route: APIRoute) async throws {
        guard let scope = route.scope else { return }
        let fixture = try await Fixture()
        let others = Self.all.subtracting([scope, .admin])
        let header = try await fixture.api.header(others, for: .tenant("a"))
        let reply = try await fixture.api.send(route.method, fixture.path(route), headers: header)
        #expect(reply.status == 403)
        #expect(try reply.problem == "forbidden")
        #expect(reply.headers[.wwwAuthenticate]?.contains("scope=\"\(scope.rawValue)\"") == true)
    }

    @Test("what is another tenant's is not there, and is answered like what never was", arguments: routes)
    func foreign(_ route: APIRoute) async throws {
        // What several tenants share, and what is found by a signature instead of a credential.
        let shared = ["/api/queues", "/api/job-types", "/api/workers", "/api/files"]
        let isShared = shared.contains { route.path.hasPrefix($0) }
        guard route.scope != nil, !isShared else { return }
        let fixture = try await Fixture()
        for scope in [Scope.tenant("b"), .tenant("a", projects: ["q"])] {
            let header = try await fixture.api.header(Self.all, for: scope)
            guard !route.path.contains("{workerId}") else {
                try await expectUnknownWorker(of: fixture, route, header)
                continue
            }
            guard route.path.contains("{id}") || scope != .tenant("b") && route.path.contains("{projectId}") else {
                try await expectNothing(of: fixture, route, header)
                continue
            }
            let reply = try await fixture.api.send(route.method, fixture.path(route), headers: header)
            #expect(reply.status == 404, "\(scope)")
            let unknown = JobIDGenerator().next(at: fixture.api.clock.now().wall)
            let path = fixture.path(route).replacing("\(fixture.job)", with: "\(unknown)")
                .replacing("\(fixture.key)", with: "\(unknown)")
                .replacing("\(fixture.webhook)", with: "\(unknown)").replacing("/p", with: "/nothing")
            let other = try await fixture.api.send(route.method, path, headers: header)
            #expect(other.status == 404)
            #expect(try reply.string("title") == other.string("title"))
        }
    }

    /// Another tenant's worker is as little known as one that never was, and both are told to begin again.
    private func expectUnknownWorker(of fixture: Fixture, _ route: APIRoute, _ header: HTTPFields) async throws {
        for worker in [fixture.worker, "w_nobody"] {
            let path = route.path.replacing("{workerId}", with: worker)
            let reply = try await fixture.api.send(
                route.method,
                path,
                route.body == .none ? nil : "{}",
                headers: header
            )
            #expect(reply.status == 409)
            #expect(try reply.problem == "session-expired")
        }
    }

    /// A list in which nothing of another tenant may appear.
    private func expectNothing(of fixture: Fixture, _ route: APIRoute, _ header: HTTPFields) async throws {
        guard route.method == .get, route.answer == "application/json" else { return }
        let reply = try await fixture.api.send(route.method, fixture.path(route), headers: header)
        #expect(!reply.text.contains("\(fixture.job)") && !reply.text.contains("\(fixture.key)"))
        #expect(!reply.text.contains("\(fixture.webhook)"))
    }

    @Test("a credential that is over, revoked, unknown or garbled is refused everywhere", arguments: routes)
    func invalid(_ route: APIRoute) async throws {
        guard route.admission != .open else { return }
        let fixture = try await Fixture()
        let over = try await fixture.api.key(Self.all, for: .tenant("a"), expiresAt: fixture.api.clock.now().wall + 1)
        fixture.api.clock.advance(by: .seconds(1))
        let revoked = try await fixture.api.key(Self.all, for: .tenant("a"))
        _ = try await fixture.api.memory.revokeAPIKey(revoked.key.id, scope: .system)
        let good = try await fixture.api.header(Self.all, for: .tenant("a"))[.authorization] ?? ""
        let long = "Bearer ek_" + String(repeating: "e", count: 10_000)
        let garbled = ["", "Bearer", "Bearer ", "Basic eA==", good + "x", String(good.dropLast()), long]
        for header in [over.header, revoked.header] + garbled.map({ [.authorization: $0] }) {
            let reply = try await fixture.api.send(route.method, fixture.path(route), headers: header)
            #expect(reply.status == 401, "\(header)")
            #expect(reply.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
        }
    }

    @Test("a method that the path does not have is refused, with those it has", arguments: routes)
    func method(_ route: APIRoute) async throws {
        let fixture = try await Fixture()
        let path = fixture.path(route)
        let reply = try await fixture.api.send(.init("TRACE") ?? .trace, path)
        #expect(reply.status == 405)
        #expect(reply.headers[.allow]?.contains(route.method.rawValue) == true)
        let options = try await fixture.api.send(.options, path)
        #expect(options.status == 204 && options.headers[.allow] == reply.headers[.allow])
    }

    @Test("an answer that the client does not take is refused", arguments: routes)
    func accept(_ route: APIRoute) async throws {
        guard let answer = route.answer, answer != "text/plain" else { return }
        let fixture = try await Fixture()
        var headers = try await fixture.api.header(Self.all, for: .tenant("a"))
        headers[.accept] = "image/png"
        #expect(try await fixture.api.send(route.method, fixture.path(route), headers: headers).status == 406)
    }

    @Test("a body that is no JSON, too large, or has unknown fields is refused", arguments: routes)
    func body(_ route: APIRoute) async throws {
        guard [.object, .optionalObject, .value].contains(route.body) else { return }
        let fixture = try await Fixture { options in
            options.maximumBodyBytes = 100
            options.maximumBulkBytes = 100
        }
        let headers = try await fixture.api.header(Self.all, for: .tenant("a"))
        var text = headers
        text[.contentType] = "text/plain"
        let path = fixture.path(route)
        #expect(try await fixture.api.send(route.method, path, "{}", headers: text).status == 415)
        // A checkpoint may be as large as it may be kept, whatever other bodies may.
        let limit = route.body == .value ? JobLimits.checkpointBytes : 100
        let large = "{\"a\":\"\(String(repeating: "x", count: limit))\"}"
        #expect(try await fixture.api.send(route.method, path, large, headers: headers).status == 413)
        #expect(try await fixture.api.send(route.method, path, "{\"a\":", headers: headers).status == 400)
        guard route.body != .value else { return }
        let unknown = "{\"type\":\"Import\",\"status\":\"Completed\"}"
        let reply = try await fixture.api.send(route.method, path, unknown, headers: headers)
        #expect(reply.status == 422)
        #expect(try reply.places.contains("/status"))
        if route.body == .object {
            #expect(try await fixture.api.send(route.method, path, "[]", headers: headers).status == 422)
        }
    }

    @Test("every operation has a name of its own, and every path starts where it should")
    func names() {
        #expect(Set(Self.routes.map(\.operation)).count == Self.routes.count)
        let open =
            ["/livez", "/readyz", "/healthz", "/api/files/{token}", "/problems/{slug}"]
            + ["/api/openapi.json", "/api/docs"]
        for route in Self.routes where route.scope == nil {
            #expect(open.contains(route.path) || route.path == "/api/session" && route.admission != .open)
        }
    }
}

extension APIRoute: CustomTestStringConvertible {
    /// The operation's name.
    public var testDescription: String { operation }
}
#endif
