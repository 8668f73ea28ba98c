#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("Telling workers what to do", .timeLimit(.minutes(5)))
struct OrderingWorkersTests {
    private func state(_ worker: TestWorker, _ id: String, _ state: String = "run") async throws -> String? {
        let body = "{\"state\":\"\(state)\",\"jobs\":[]}"
        return try await worker.send(.post, "/api/worker/sessions/\(id)/heartbeat", body).string("state")
    }

    @Test("a worker hears with its heartbeat that it is to be quiet, and then to stop, which stays")
    func heartbeat() async throws {
        let api = TestAPI()
        let worker = TestWorker(api)
        let id = try await worker.session()
        #expect(try await state(worker, id) == "run")
        let quiet = try await api.send(.post, "/api/workers/\(id)/quiet")
        #expect(try (quiet.status, quiet.string("wanted")) == (202, "quiet"))
        #expect(try await api.get("/api/workers/\(id)").string("wanted") == "quiet")
        #expect(try await state(worker, id) == "quiet")
        _ = try await state(worker, id, "quiet")
        #expect(try await api.get("/api/workers/\(id)").string("state") == "quiet")
        #expect(try await api.send(.post, "/api/workers/\(id)/stop").string("wanted") == "stop")
        #expect(try await api.send(.post, "/api/workers/\(id)/quiet").string("wanted") == "stop")
        #expect(try await state(worker, id) == "stop")
        #expect(try await api.send(.post, "/api/workers/nobody/stop").status == 404)
    }

    @Test("a worker that has heard so, or says that it stops, is given nothing", arguments: ["quiet", "stopping"])
    func nothing(_ state: String) async throws {
        let api = TestAPI()
        let worker = TestWorker(api)
        let id = try await worker.session()
        _ = try await api.submit()
        if state == "quiet" { _ = try await api.send(.post, "/api/workers/\(id)/quiet") }
        _ = try await self.state(worker, id, state == "quiet" ? "run" : state)
        let body = "{\"workerId\":\"\(id)\",\"waitSeconds\":30}"
        let reply = try await worker.send(.post, "/api/worker/claim", body)
        #expect(reply.status == 204 && reply.headers[.retryAfter] == "5")
        // Working again, it is given jobs again.
        guard state == "stopping" else { return }
        _ = try await self.state(worker, id, "run")
        #expect(try await worker.claim(id).count == 1)
    }

    @Test(
        "a claim that waits ends when the worker says that it stops, is to be quiet, or ends its session",
        arguments: ["stopping", "quiet", "delete"]
    )
    func endOfWait(_ how: String) async throws {
        let api = TestAPI { options in
            guard let clock = options.clock as? ManualClock else { return }
            options.sleep = { try await clock.sleep(until: clock.steadyNow.advanced(by: $0)) }
        }
        let worker = TestWorker(api)
        let id = try await worker.session()
        async let claim = worker.claim(id, #","waitSeconds":30"#)
        // The wait's own end; nobody moves the clock on.
        await api.clock.sleepers(atLeast: 1)
        switch how {
        case "stopping": _ = try await state(worker, id, "stopping")
        case "quiet":
            _ = try await api.send(.post, "/api/workers/\(id)/quiet")
            _ = try await state(worker, id)
        default: #expect(try await worker.send(.delete, "/api/worker/sessions/\(id)").status == 204)
        }
        #expect(try await claim.isEmpty)
        let job = try await api.submit()
        #expect(try await api.memory.job(.id(job), scope: .default).status == .queued)
    }

    @Test("a session that was ended is not known any more, and can be opened again")
    func ended() async throws {
        let api = TestAPI()
        let worker = TestWorker(api)
        let id = try await worker.session()
        _ = try await worker.send(.delete, "/api/worker/sessions/\(id)")
        let reply = try await worker.send(.post, "/api/worker/claim", "{\"workerId\":\"\(id)\"}")
        #expect(try (reply.status, reply.problem) == (409, "session-expired"))
        _ = try await worker.session(as: id)
        #expect(try await worker.claim(id).isEmpty)
    }

    @Test("a tenant's administrator orders the tenant's own workers, the installation's all of them")
    func scopes() async throws {
        let api = TestAPI.withKeys()
        let own = WorkerAnnouncement(
            id: "own",
            name: "host:1",
            types: ["Import"],
            slots: 1,
            startedAt: api.clock.now().wall,
            lease: .seconds(30)
        )
        try await api.memory.announce(own)
        let worker = TestWorker(api, header: try await api.header([.worker], for: .tenant("a")))
        let limited = TestWorker(api, header: try await api.header([.worker], for: .tenant("a", projects: ["p"])))
        let (session, inProject) = (try await worker.session(), try await limited.session())
        let admins: [(Scope, [Int])] = [
            (.tenant("b"), [404, 404, 404]), (.tenant("a", projects: ["p"]), [404, 404, 202]),
            (.tenant("a", projects: ["q"]), [404, 404, 404]), (.tenant("a"), [404, 202, 202]),
            (.system, [202, 202, 202]),
        ]
        for (scope, statuses) in admins {
            let header = try await api.header([.admin], for: scope)
            for (id, status) in zip(["own", session, inProject], statuses) {
                let reply = try await api.send(.post, "/api/workers/\(id)/quiet", headers: header)
                #expect(reply.status == status, "\(scope) \(id)")
            }
        }
    }
}
#endif
