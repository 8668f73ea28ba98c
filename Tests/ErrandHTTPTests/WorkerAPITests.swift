#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

/// Workers elsewhere: sessions, claims, and what they write under a lease.
@Suite("Workers elsewhere", .timeLimit(.minutes(5)))
struct WorkerAPITests {
    private let worker = TestWorker(TestAPI())
    private var api: TestAPI { worker.api }

    @Test("a session says what holds, and the worker is listed with what it said")
    func session() async throws {
        let reply = try await worker.open(
            #"{"name":"host:1","version":"2","language":"go","types":["Import"],"queues":["import"],"slots":3,"#
                + #""labels":{"zone":"b"},"protocol":1}"#
        )
        #expect(reply.status == 201)
        let id = try #require(try reply.string("workerId"))
        #expect(reply.headers[.location] == "/api/worker/sessions/\(id)")
        #expect(try reply.member("leaseSeconds")?.int64Value == 30)
        #expect(try reply.member("heartbeatSeconds")?.int64Value == 5)
        #expect(try reply.member("maxClaim")?.int64Value == 3)
        #expect(try reply.member("limits")?.object()["resultBytes"]?.int64Value == 262_144)
        let listed = try await api.get("/api/workers/\(id)")
        #expect(try listed.string("language") == "go" && listed.member("labels")?.string == #"{"zone":"b"}"#)
        #expect(try await api.send(.delete, "/api/worker/sessions/\(id)").status == 204)
        #expect(try await api.get("/api/workers/\(id)").status == 404)
        #expect(try await api.send(.delete, "/api/worker/sessions/\(id)").status == 204)
        #expect(try await api.send(.delete, "/api/worker/sessions/w_else").status == 409)
    }

    @Test(
        "a session that makes no sense is refused, with the place",
        arguments: [
            (#"{"types":["Import"],"slots":1}"#, "/name"), (#"{"name":"w","slots":1}"#, "/types"),
            (#"{"name":"w","types":["nothing"]}"#, "/types"), (#"{"name":"w","types":["Import"],"slots":0}"#, "/slots"),
            (#"{"name":"w","types":["Import"],"labels":[]}"#, "/labels"),
            (#"{"name":"w","types":["Import"],"workerId":"w_mine"}"#, "/workerId"),
        ]
    )
    func badSession(_ body: String, _ place: String) async throws {
        let reply = try await worker.open(body)
        #expect(reply.status == 422)
        #expect(try reply.places == [place])
    }

    @Test("another version of the protocol is refused")
    func version() async throws {
        let reply = try await worker.open(#"{"name":"w","types":["Import"],"protocol":2}"#)
        #expect(try reply.status == 409 && reply.problem == "conflict")
    }

    @Test("a claim brings what the job's handler needs, and no more jobs than the worker has slots")
    func claim() async throws {
        for number in 1...3 {
            _ = try await api.submit { job in
                job.payload = JSONText(trusted: "{\"n\":\(number)}")
                (job.projectId, job.timeoutSeconds, job.traceparent) = ("p", 60, "trace")
            }
        }
        let id = try await worker.session(slots: 2)
        let jobs = try await worker.claim(id, max: 2)
        #expect(jobs.count == 2)
        let job = try #require(jobs.first).json
        #expect(job["type"]?.stringValue == "Import" && job["queue"]?.stringValue == "import")
        #expect(job["payload"]?.string == #"{"n":1}"# && job["projectId"]?.stringValue == "p")
        #expect(job["attempt"]?.int64Value == 1 && job["lostCount"]?.int64Value == 0)
        #expect(job["deadlineIn"]?.int64Value == 60 && job["traceparent"]?.stringValue == "trace")
        #expect(job["checkpoint"] == nil)
        let lease = try #require(try job["lease"]?.object())
        #expect(lease["fence"]?.int64Value == 1 && lease["expiresIn"]?.int64Value == 30)
        let shown = try await api.get("/api/jobs/\(jobs[0].id)")
        #expect(try shown.string("status") == "Running")
    }

    @Test("a claim without jobs is empty; it takes of the session's types and queues only")
    func nothing() async throws {
        _ = try await api.submit("Export")
        let id = try await worker.session()
        #expect(try await worker.claim(id).isEmpty)
        #expect(try await worker.claim(id, #","types":["Export"]"#).isEmpty)
        _ = try await api.submit()
        #expect(try await worker.claim(id, #","queues":["export"]"#).isEmpty)
        #expect(try await worker.claim(id, #","types":["Export","Import"]"#).count == 1)
    }

    @Test("a session that fell silent has to be opened again, and keeps its name and its leases")
    func expired() async throws {
        _ = try await api.submit()
        let id = try await worker.session()
        let job = try await worker.claim(id)[0]
        api.clock.advance(by: .seconds(29))
        #expect(try await worker.beat(id, job).first?["action"]?.stringValue == "continue")
        api.clock.advance(by: .seconds(90))
        let reply = try await worker.send(.post, "/api/worker/claim", "{\"workerId\":\"\(id)\"}")
        #expect(try reply.status == 409 && reply.problem == "session-expired")
        #expect(try await worker.session(as: id) == id)
        // Nobody has taken it back meanwhile.
        #expect(try await worker.beat(id, job).first?["action"]?.stringValue == "continue")
    }

    @Test("one heartbeat renews all leases; what is lost, cancelled or made up is told apart")
    func heartbeat() async throws {
        for _ in 0..<3 { _ = try await api.submit() }
        let id = try await worker.session()
        let jobs = try await worker.claim(id, max: 3)
        _ = try await api.memory.cancel(.id(jobs[1].id), reason: nil, scope: .default)
        api.clock.advance(by: .seconds(29))
        var forged = jobs[2]
        forged.token = String(forged.token.dropLast()) + (forged.token.hasSuffix("A") ? "B" : "A")
        let answers = try await worker.beat(id, jobs[0], jobs[1], forged)
        #expect(answers.compactMap { $0["action"]?.stringValue } == ["continue", "cancel", "lost"])
        #expect(answers[0]["expiresIn"]?.int64Value == 30)
        api.clock.advance(by: .seconds(2))
        #expect(try await api.memory.reap(limit: 10) == 1)
        api.clock.advance(by: .seconds(27))
        #expect(try await api.memory.reap(limit: 10) == 0)
        let later = try await worker.beat(id, jobs[0], jobs[2])
        #expect(later.compactMap { $0["action"]?.stringValue } == ["continue", "lost"])
        #expect(try await api.get("/api/workers/\(id)").member("running")?.int64Value == 2)
    }

    @Test("a run has its time to stop after its deadline, and its lease is not renewed further")
    func deadline() async throws {
        _ = try await api.submit { $0.timeoutSeconds = 40 }
        let id = try await worker.session()
        let job = try await worker.claim(id)[0]
        api.clock.advance(by: .seconds(25))
        #expect(try await worker.beat(id, job).first?["action"]?.stringValue == "continue")
        // Past the deadline its worker is told to stop it; the job is still its own: nobody else runs it.
        for seconds in [15, 25] {
            api.clock.advance(by: .seconds(seconds))
            #expect(try await worker.beat(id, job).first?["action"]?.stringValue == "cancel")
            #expect(try await api.memory.reap(limit: 10) == 0)
            #expect(try await api.memory.job(.id(job.id), scope: .default).fence == 1)
        }
        api.clock.advance(by: .seconds(10))
        #expect(try await api.memory.reap(limit: 10) == 0)
        #expect(try await worker.beat(id, job).first?["action"]?.stringValue == "lost")
        let ended = try await api.memory.job(.id(job.id), scope: .default)
        #expect(ended.errors.map(\.outcome) == [.failed] && ended.errors.map(\.code) == ["timeout"])
        #expect(ended.status == .queued && ended.attempt == 1 && ended.lostCount == 0)
    }

    @Test("a lease that ends soon after the deadline says so")
    func lastOfALease() async throws {
        _ = try await api.submit { $0.timeoutSeconds = 40 }
        let id = try await worker.session()
        let job = try await worker.claim(id)[0]
        for seconds in [25, 25] {
            api.clock.advance(by: .seconds(seconds))
            #expect(try await worker.beat(id, job).count == 1)
        }
        api.clock.advance(by: .seconds(14))
        _ = try await worker.beat(id, job)
        #expect(try await api.memory.job(.id(job.id), scope: .default).leaseEnd == .seconds(64 + 21))
    }

    @Test("a worker that says after the deadline that the run has stopped is heard, twice", arguments: [true, false])
    func stoppedAfterDeadline(_ isOwnWord: Bool) async throws {
        _ = try await api.submit { $0.timeoutSeconds = 40 }
        let id = try await worker.session()
        let job = try await worker.claim(id)[0]
        for seconds in [29, 12] {
            api.clock.advance(by: .seconds(seconds))
            #expect(try await worker.beat(id, job).count == 1)
        }
        for _ in 1...2 {
            let reply =
                isOwnWord
                ? try await job.post("fail", #"{"code":"timeout","message":"too long"}"#)
                : try await job.post("cancelled", "{}")
            #expect(reply.status == (isOwnWord ? 200 : 204))
        }
        let ended = try await api.memory.job(.id(job.id), scope: .default)
        #expect(ended.errors.map(\.code) == ["timeout"] && ended.status == .queued)
    }

    @Test("a run that ended just then is not timed out as well")
    func endedAtDeadline() async throws {
        _ = try await api.submit { $0.timeoutSeconds = 20 }
        let id = try await worker.session()
        let job = try await worker.claim(id)[0]
        api.clock.advance(by: .seconds(20))
        #expect(try await job.post("complete", "{}").status == 200)
        #expect(try await worker.beat(id, job).first?["action"]?.stringValue == "lost")
        #expect(try await api.memory.job(.id(job.id), scope: .default).status == .completed)
    }

    @Test("a claim's lease does not go beyond the run's deadline and its time to stop")
    func shortLease() async throws {
        let worker = TestWorker(TestAPI { $0.stopping = StoppingTimes(grace: .seconds(2)) })
        _ = try await worker.api.submit { $0.timeoutSeconds = 3 }
        let job = try await worker.claim(worker.session())[0]
        #expect(try job.json["lease"]?.object()["expiresIn"]?.int64Value == 10)
    }

    @Test("more jobs than a session may claim at once are not asked for")
    func tooMany() async throws {
        let id = try await worker.session(slots: 2)
        let reply = try await worker.send(.post, "/api/worker/claim", "{\"workerId\":\"\(id)\",\"max\":3}")
        #expect(try (reply.status, reply.places) == (422, ["/max"]))
    }

    @Test("progress, data, lines and checkpoint arrive; lines that come twice are kept once")
    func reports() async throws {
        let id = try await api.submit()
        let job = try await worker.claim(worker.session())[0]
        let progress = try await job.post("progress", #"{"progress":40,"message":"half","data":{"a":1}}"#)
        #expect(try progress.status == 200 && progress.string("action") == "continue")
        let lines = #"{"batch":1,"lines":[{"ts":"2026-01-01T00:00:00Z","level":"warning","msg":"x"},{"msg":"y"}]}"#
        for _ in 1...2 { #expect(try await job.post("logs", lines).status == 202) }
        #expect(try await job.send(.put, "checkpoint", "[1,2]").status == 204)
        let shown = try await api.get("/api/jobs/\(id)")
        #expect(try shown.member("progress")?.int64Value == 40 && shown.string("progressMessage") == "half")
        let log = try await api.get("/api/jobs/\(id)/logs").json.elements().map { try $0.object() }
        #expect(log.map { $0["message"]?.stringValue } == ["x", "y"])
        #expect(log[0]["level"]?.stringValue == "warning" && log[0]["at"]?.stringValue == "2026-01-01T00:00:00Z")
        #expect(try await api.memory.job(.id(id), scope: .default).checkpoint == JSONText(trusted: "[1,2]"))
    }

    @Test(
        "what a report may not be is refused, with the place",
        arguments: [
            ("progress", #"{"progress":101}"#, "/progress"), ("progress", #"{"data":1}"#, "/data"),
            ("logs", #"{"lines":[{"msg":"a"},{"level":"loud"}]}"#, "/lines/1/level"),
            ("logs", #"{"lines":[1]}"#, "/lines/0"), ("fail", "{}", "/message"),
            ("fail", #"{"message":"m","code":"a b"}"#, "/code"), ("release", #"{"delaySeconds":-1}"#, "/delaySeconds"),
            ("complete", #"{"resultUploadId":"01a200a9-2e55-74df-9aca-f3428c1dcab9"}"#, "/resultUploadId"),
            ("complete", #"{"result":1,"resultUploadId":"01a200a9-2e55-74df-9aca-f3428c1dcab9"}"#, "/resultUploadId"),
        ]
    )
    func badReport(_ call: String, _ body: String, _ place: String) async throws {
        _ = try await api.submit()
        let job = try await worker.claim(worker.session())[0]
        let reply = try await job.post(call, body)
        #expect(reply.status == 422)
        #expect(try reply.places == [place])
    }

    @Test("without a lease, or with one of another job, nothing is written")
    func foreignLease() async throws {
        for _ in 0..<2 { _ = try await api.submit() }
        let jobs = try await worker.claim(worker.session(), max: 2)
        let path = "/api/worker/jobs/\(jobs[0].id)/complete"
        #expect(try await worker.send(.post, path, "{}").status == 400)
        let other = try await worker.send(.post, path, "{}", headers: jobs[1].headers)
        #expect(try other.status == 409 && other.problem == "lease-lost")
        #expect(try other.member("currentFence")?.int64Value == 1 && other.string("currentStatus") == "Running")
        var headers = jobs[0].headers
        headers[.jobFence] = "2"
        #expect(try await worker.send(.post, path, "{}", headers: headers).status == 409)
        #expect(try await api.memory.job(.id(jobs[0].id), scope: .default).status == .running)
    }
}
#endif
