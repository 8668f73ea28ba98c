#if Server
import Errand
import ErrandTesting
import Testing

@testable import ErrandHTTP

@Suite("Looking closer at jobs", .timeLimit(.minutes(5)))
struct InspectionTests {
    private let api = TestAPI()

    /// The codes of what stands in a job's way.
    private func reasons(_ id: JobID) async throws -> [String] {
        let reply = try await api.get("/api/jobs/\(id)/explain")
        #expect(reply.status == 200)
        let reasons = try #require(try reply.member("reasons")).elements().map { try $0.object() }
        #expect(try reply.member("runnable")?.string == (reasons.isEmpty ? "true" : "false"))
        #expect(reasons.allSatisfy { $0["detail"]?.stringValue?.isEmpty == false })
        return reasons.compactMap { $0["code"]?.stringValue }
    }

    private func announce(running: Int = 0, slots: Int = 2, queues: [Name]? = nil) async throws {
        var worker = WorkerAnnouncement(
            id: "w",
            name: "host:1",
            version: nil,
            queues: queues,
            types: ["Import"],
            slots: slots,
            startedAt: api.clock.now().wall,
            lease: .seconds(30)
        )
        worker.running = running
        try await api.memory.announce(worker)
    }

    @Test("a job that only waits for its turn is runnable")
    func runnable() async throws {
        try await announce()
        #expect(try await reasons(api.submit()).isEmpty)
    }

    @Test("everything that stands in a job's way is told")
    func waiting() async throws {
        let first = try await api.submit()
        let id = try await api.submit { job in
            job.delaySeconds = 60
            job.after = [first]
        }
        #expect(try await reasons(id) == ["scheduled", "blocked", "no-worker"])
        try await announce(running: 2)
        try await api.memory.configure(queue: "import", .pause(by: nil, reason: "deploy"))
        #expect(try await reasons(id) == ["scheduled", "blocked", "queue-paused", "workers-busy"])
        #expect(try await api.get("/api/jobs/\(id)/explain").text.contains("deploy"))
        try await announce(queues: ["other"])
        #expect(try await reasons(first) == ["queue-paused", "no-worker"])
    }

    @Test("of the jobs in after it is told which are waited for, and which passed over")
    func dependencies() async throws {
        let (done, cancelled, waited) = (try await api.complete(), try await api.submit(), try await api.submit())
        let id = try await api.submit { $0.after = [cancelled, waited, done] }
        _ = try await api.memory.cancel(.id(cancelled), reason: nil, scope: .default)
        _ = try await api.memory.retry(.id(id), runAt: nil, scope: .default)
        let reply = try await api.get("/api/jobs/\(id)/explain")
        let dependencies = try #require(try reply.member("dependencies")).elements().map { try $0.object() }
        #expect(dependencies.compactMap { $0["id"]?.stringValue } == [cancelled, waited, done].map(\.description))
        #expect(dependencies.compactMap { $0["status"]?.stringValue } == ["Cancelled", "Queued", "Completed"])
        #expect(
            dependencies.compactMap { $0["standing"]?.stringValue } == ["passed-over", "waited-for", "completed"]
        )
        #expect(reply.text.contains("waits for 1 of the 3 jobs in after to complete: \(waited)."))
        #expect(reply.text.contains("goes on without \(cancelled)"))
    }

    @Test("a queue at its limit is full, and a worker that fell silent is none")
    func limits() async throws {
        try await announce()
        let running = try await api.submit()
        let id = try await api.submit()
        _ = try await api.claim()
        try await api.memory.configure(queue: "import", .concurrency(1))
        #expect(try await reasons(id) == ["queue-full"])
        #expect(try await reasons(running) == ["running"])
        api.clock.advance(by: .seconds(31))
        #expect(try await reasons(id).contains("no-worker"))
    }

    @Test("what has ended, and what waits for another try, says so")
    func ended() async throws {
        let id = try await api.complete()
        #expect(try await reasons(id) == ["ended"])
        let failing = try await api.submit()
        let failure = JobFailure(code: "printer", message: "out of paper")
        try await api.settle(api.claim(), .fail(failure, retryAfter: .seconds(60)))
        #expect(try await reasons(failing).first == "retrying")
    }

    @Test("a job's runs are listed with how each ended")
    func attempts() async throws {
        let id = try await api.submit()
        #expect(try await api.get("/api/jobs/\(id)/attempts").text == "[]")
        let failure = JobFailure(code: "printer", message: "out of paper")
        try await api.settle(api.claim(), .fail(failure, retryAfter: .zero))
        _ = try await api.claim()
        let reply = try await api.get("/api/jobs/\(id)/attempts")
        let runs = try reply.json.elements().map { try $0.object() }
        #expect(runs.compactMap { $0["attempt"]?.int64Value } == [1, 2])
        #expect(runs.compactMap { $0["fence"]?.int64Value } == [1, 2])
        #expect(runs.compactMap { $0["outcome"]?.stringValue } == ["failed", "running"])
        #expect(try runs[0]["failure"]?.object()["code"]?.stringValue == "printer")
        #expect(runs[0]["endedAt"] != nil && runs[1]["endedAt"] == nil)
    }

    @Test("jobs are counted by what they have in common")
    func stats() async throws {
        _ = try await api.complete()
        _ = try await api.submit("Export") { $0.projectId = "p" }
        let all = try await api.get("/api/jobs/stats")
        #expect(all.text == #"{"total":2,"queued":1,"running":0,"completed":1,"failed":0,"cancelled":0}"#)
        #expect(try await api.get("/api/jobs/stats?groupBy=status").text == all.text)
        let types = try await api.get("/api/jobs/stats?groupBy=type").member("groups")?.elements() ?? []
        #expect(try types.map { try $0.object()["type"]?.stringValue } == ["Export", "Import"])
        let project = try await api.get("/api/jobs/stats?groupBy=queue&projectId=p")
        #expect(try project.member("total")?.int64Value == 1)
        #expect(try await api.get("/api/jobs/stats?groupBy=colour").places == ["groupBy"])
    }

    @Test("every kind of problem is explained at an address of its name", arguments: ProblemType.allCases)
    func problems(_ type: ProblemType) async throws {
        let reply = try await api.get("/problems/\(type.rawValue)")
        #expect(reply.status == 200)
        #expect(reply.text.contains(type.title) && reply.text.contains("\(type.status)"))
    }

    @Test("a kind of problem that is none is not there")
    func unknownProblem() async throws { #expect(try await api.get("/problems/nothing").status == 404) }
}
#endif
