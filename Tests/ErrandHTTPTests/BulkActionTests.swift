#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("Actions on many jobs", .timeLimit(.minutes(5)))
struct BulkActionTests {
    private func post(_ api: TestAPI, _ action: String, _ body: String, headers: HTTPFields = [:]) async throws -> Reply
    {
        try await api.send(.post, "/api/jobs/bulk/\(action)", body, headers: headers)
    }

    /// Asks what a filter means; answers the count and the token.
    private func dryRun(
        _ api: TestAPI,
        _ action: String,
        _ filter: String,
        _ more: String = ""
    ) async throws -> (count: Int64, token: String) {
        let reply = try await post(api, action, "{\"filter\":\(filter),\"dryRun\":true\(more)}")
        #expect(reply.status == 200, "\(reply.text)")
        return (try #require(try reply.member("count")?.int64Value), try #require(try reply.string("confirmToken")))
    }

    private func confirmed(_ filter: String, _ token: String, _ more: String = "") -> String {
        "{\"filter\":\(filter),\"confirmToken\":\"\(token)\"\(more)}"
    }

    /// Runs what is to be run, the bulk job too.
    private func work(_ api: TestAPI) async throws {
        var handlers = JobHandlers()
        BulkJob.register(on: &handlers, store: api.memory)
        let worker = Worker(store: api.memory, handlers: handlers)
        var changes = api.memory.changes(.jobs)
        var waiting = JobFilter()
        (waiting.types, waiting.statuses) = ([BulkJob.type.name], [.queued, .running])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            while try await api.memory.count(waiting, upTo: 1, scope: .system) > 0, await changes.next() != nil {}
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test("jobs that are named are cancelled, and the answer says which not, and why")
    func ids() async throws {
        let api = TestAPI()
        let done = try await api.complete()
        let queued = try await api.submit()
        let unknown = JobIDGenerator().next(at: api.clock.now().wall)
        let body = "{\"ids\":[\"\(queued)\",\"\(done)\",\"\(unknown)\"],\"reason\":\"mistake\"}"
        let reply = try await post(api, "cancel", body)
        #expect(reply.status == 200, "\(reply.text)")
        #expect(try reply.member("done")?.string == "[\"\(queued)\"]")
        let skipped = try #require(try reply.member("skipped")).elements().map { try $0.object() }
        #expect(skipped.compactMap { $0["id"]?.stringValue } == ["\(done)", "\(unknown)"])
        let types = try skipped.map { try $0["problem"]?.object()["type"]?.stringValue }
        #expect(types == ["/problems/job-not-cancellable", "/problems/not-found"])
        #expect(try await api.memory.job(.id(queued), scope: .default).error == "mistake")
    }

    @Test("named jobs are retried, rescheduled and deleted, by number as well")
    func others() async throws {
        let api = TestAPI()
        let id = try await api.submit()
        let number = try await api.memory.job(.id(id), scope: .default).number
        let runAt = "2100-01-01T00:00:00Z"
        let moved = try await post(api, "reschedule", "{\"ids\":[\(number)],\"runAt\":\"\(runAt)\"}")
        #expect(try moved.member("done")?.string == "[\(number)]")
        #expect(try await RFC3339.format(api.memory.job(.id(id), scope: .default).runAt) == runAt)
        _ = try await post(api, "cancel", "{\"ids\":[\"\(id)\"]}")
        let retried = try await post(api, "retry", "{\"ids\":[\"\(id)\"]}")
        #expect(try retried.member("done")?.string == "[\"\(id)\"]")
        let refused = try await post(api, "delete", "{\"ids\":[\"\(id)\"]}")
        #expect(try refused.member("done")?.string == "[]" && refused.text.contains("not-completed"))
        _ = try await post(api, "cancel", "{\"ids\":[\"\(id)\"]}")
        _ = try await post(api, "delete", "{\"ids\":[\"\(id)\"]}")
        #expect(try await api.get("/api/jobs/\(id)").status == 410)
    }

    /// A chain of which the first was cancelled, and so all.
    private func cancelledChain(_ api: TestAPI, _ count: Int) async throws -> [JobID] {
        var ids: [JobID] = []
        for _ in 0..<count {
            let after = Array(ids.suffix(1))
            ids.append(try await api.submit { $0.after = after })
        }
        _ = try await api.memory.cancel(.id(ids[0]), reason: nil, scope: .default)
        return ids
    }

    @Test("named jobs are retried so that each waits for those of them it comes after, however they are named")
    func retriedChain() async throws {
        let api = TestAPI()
        let ids = try await cancelledChain(api, 5)
        let names = ids.reversed().map { "\"\($0)\"" }.joined(separator: ",")
        let reply = try await post(api, "retry", "{\"ids\":[\(names)]}")
        #expect(try reply.member("done")?.elements().count == 5, "\(reply.text)")
        for (index, id) in ids.enumerated() {
            let job = try await api.memory.job(.id(id), scope: .default)
            #expect(job.status == .queued && job.blockedBy == (index == 0 ? 0 : 1))
        }
    }

    @Test("a filter's jobs are retried from the oldest on, and none runs before one it comes after")
    func retriedFilter() async throws {
        let api = TestAPI()
        let ids = try await cancelledChain(api, 130)
        let (count, token) = try await dryRun(api, "retry", #"{"type":"Import"}"#)
        #expect(count == 130)
        #expect(try await post(api, "retry", confirmed(#"{"type":"Import"}"#, token)).status == 202)
        try await work(api)
        for (index, id) in ids.enumerated() {
            let job = try await api.memory.job(.id(id), scope: .default)
            #expect(job.status == .queued && job.blockedBy == (index == 0 ? 0 : 1))
        }
    }

    @Test(
        "a request that does not say what it means is refused with the place",
        arguments: [
            ("cancel", "{}", "/ids"), ("cancel", #"{"ids":[]}"#, "/ids"), ("cancel", #"{"ids":["x"]}"#, "/ids/0"),
            ("cancel", #"{"ids":[1,-1]}"#, "/ids/1"), ("cancel", #"{"ids":[1],"filter":{}}"#, "/ids"),
            ("cancel", #"{"filter":{}}"#, "/confirmToken"), ("cancel", #"{"ids":[1],"dryRun":true}"#, "/dryRun"),
            ("cancel", #"{"filter":{},"dryRun":true,"confirmToken":"x"}"#, "/dryRun"),
            ("cancel", #"{"filter":{},"confirmToken":"x"}"#, "/confirmToken"),
            ("cancel", #"{"filter":{"state":"x"},"dryRun":true}"#, "/filter/state"),
            ("cancel", #"{"filter":{"status":"x"},"dryRun":true}"#, "/filter/status"),
            ("cancel", #"{"filter":{"createdAfter":"x"},"dryRun":true}"#, "/filter/createdAfter"),
            ("cancel", #"{"ids":[1],"runAt":"2100-01-01T00:00:00Z"}"#, "/runAt"),
            ("reschedule", #"{"ids":[1]}"#, "/runAt"), ("delete", #"{"ids":[1],"reason":"x"}"#, "/reason"),
        ]
    )
    func invalid(_ action: String, _ body: String, _ place: String) async throws {
        let reply = try await post(TestAPI(), action, body)
        #expect(reply.status == 422, "\(reply.text)")
        #expect(try reply.places.contains(place), "\(reply.text)")
    }

    @Test("too many ids are refused")
    func tooMany() async throws {
        let ids = (1...1001).map(String.init).joined(separator: ",")
        #expect(try await post(TestAPI(), "cancel", "{\"ids\":[\(ids)]}").status == 422)
    }

    @Test("a dry run counts what the action applies to, shows some of it, and does nothing")
    func dryRun() async throws {
        let api = TestAPI()
        _ = try await api.complete()
        for _ in 0..<12 { _ = try await api.submit() }
        _ = try await api.submit("Export")
        let reply = try await post(api, "cancel", #"{"filter":{"type":"Import"},"dryRun":true}"#)
        #expect(try reply.member("count")?.int64Value == 12)
        #expect(try reply.member("sample")?.elements().count == 10)
        #expect(try reply.member("expiresIn")?.int64Value == 300)
        #expect(try await dryRun(api, "delete", "{}").count == 1)
        #expect(try await dryRun(api, "retry", #"{"status":["queued"]}"#).count == 0)
        #expect(try await api.memory.counts(by: .type, projectId: nil, scope: .default)["Import"]?.queued == 12)
    }

    @Test("a confirmed filter becomes a job, which does it to all of them and to nothing else")
    func confirmedFilter() async throws {
        let api = TestAPI()
        for _ in 0..<250 { _ = try await api.submit() }
        let other = try await api.submit("Export")
        let filter = #"{"type":["Import"]}"#
        let (count, token) = try await dryRun(api, "cancel", filter, #","reason":"all wrong""#)
        let reply = try await post(api, "cancel", confirmed(filter, token, #","reason":"all wrong""#))
        #expect(reply.status == 202, "\(reply.text)")
        #expect(try reply.string("type") == "errand.bulk")
        let place = try #require(reply.headers[.location])
        let later = try await api.submit()
        try await work(api)
        let bulk = try await api.get(place)
        #expect(try bulk.string("status") == "Completed", "\(bulk.text)")
        #expect(try bulk.member("result")?.string == #"{"done":250,"skipped":0}"#)
        let counts = try await api.memory.counts(by: .type, projectId: nil, scope: .default)
        #expect(counts["Import"]?.cancelled == 250 && count == 250)
        for id in [other, later] { #expect(try await api.memory.job(.id(id), scope: .default).status == .queued) }
    }

    @Test("a token leads to one job, however often it is sent, and however much there is left by then")
    func again() async throws {
        let api = TestAPI()
        for _ in 0..<5 { _ = try await api.submit() }
        let (_, token) = try await dryRun(api, "cancel", "{}")
        let first = try await post(api, "cancel", confirmed("{}", token))
        try await work(api)
        api.clock.advance(by: .seconds(1000))
        let second = try await post(api, "cancel", confirmed("{}", token))
        #expect(first.status == 202 && second.status == 202, "\(second.text)")
        #expect(try first.string("id") == second.string("id"))
        #expect(second.headers[.idempotencyReplayed] == "true")
    }

    @Test("an Idempotency-Key names the bulk job; another request under it is refused")
    func key() async throws {
        let api = TestAPI()
        _ = try await api.submit()
        let key: HTTPFields = [HTTPField.Name("Idempotency-Key")!: "k1"]
        let tokens = [try await dryRun(api, "cancel", "{}").token, try await dryRun(api, "cancel", "{}").token]
        let first = try await post(api, "cancel", confirmed("{}", tokens[0]), headers: key)
        let second = try await post(api, "cancel", confirmed("{}", tokens[1]), headers: key)
        #expect(try first.status == 202 && first.string("id") == second.string("id"))
        let (_, token) = try await dryRun(api, "cancel", #"{"queue":"x"}"#)
        let other = try await post(api, "cancel", confirmed(#"{"queue":"x"}"#, token), headers: key)
        #expect(try (other.status, other.problem) == (422, "idempotency-mismatch"))
    }

    @Test("a token is good for its action, filter and tenant alone, and for five minutes")
    func bound() async throws {
        let api = TestAPI.withKeys()
        let header = try await api.header([.jobsOperate], for: .tenant("a"))
        let foreign = try await api.header([.jobsOperate], for: .tenant("b"))
        let asked = try await post(api, "cancel", #"{"filter":{},"dryRun":true}"#, headers: header)
        let token = try #require(try asked.string("confirmToken"))
        for (action, filter, header) in [
            ("delete", "{}", header), ("cancel", #"{"queue":"q"}"#, header), ("cancel", "{}", foreign),
        ] {
            let reply = try await post(api, action, confirmed(filter, token), headers: header)
            #expect(try (reply.status, reply.places) == (422, ["/confirmToken"]))
        }
        api.clock.advance(by: .seconds(300))
        let late = try await post(api, "cancel", confirmed("{}", token), headers: header)
        #expect(try (late.status, late.problem) == (409, "confirm-token-stale"))
    }

    @Test(
        "a count that moved by more than a tenth is confirmed anew",
        arguments: [(10, 1, 202), (10, 2, 409), (0, 1, 409)]
    )
    func drift(_ before: Int, _ more: Int, _ status: Int) async throws {
        let api = TestAPI()
        for _ in 0..<before { _ = try await api.submit() }
        let (_, token) = try await dryRun(api, "cancel", "{}")
        for _ in 0..<more { _ = try await api.submit() }
        #expect(try await post(api, "cancel", confirmed("{}", token)).status == status)
    }

    /// Stores a bulk job for all of the tenant's jobs.
    private func start(_ api: TestAPI, _ action: BulkAction, expected: Int) async throws -> JobID {
        let job = BulkJob(action, of: JobFilter(), expected: expected).newJob()
        return try await api.memory.insert([job], scope: .default)[0].id
    }

    @Test("a bulk job whose worker died goes on behind its last checkpoint")
    func resumed() async throws {
        let api = TestAPI()
        var ids: [JobID] = []
        for _ in 0..<5 { ids.append(try await api.submit()) }
        let bulk = try await start(api, BulkAction(.cancel), expected: 5)
        let claim = ClaimRequest(worker: "w", types: ["errand.bulk"], limit: 1, lease: .seconds(30))
        let lease = try #require(try await api.memory.claim(claim).jobs.first).lease
        var report = RunReport(lease: lease)
        let third = try await api.memory.job(.id(ids[2]), scope: .default).number
        report.checkpoint = JSONText(trusted: "{\"before\":\(third),\"done\":2,\"skipped\":1}")
        _ = try await api.memory.report([report])
        api.clock.advance(by: .seconds(31))
        #expect(try await api.memory.reap(limit: 10) == 1)
        try await work(api)
        let job = try await api.memory.job(.id(bulk), scope: .default)
        #expect(job.result?.string == #"{"done":4,"skipped":1}"#, "\(job.status)")
        let statuses = try await ids.statuses(api)
        #expect(statuses == [.cancelled, .cancelled, .queued, .queued, .queued])
    }

    @Test("a retry passes over what ended after it was asked for")
    func laterEnds() async throws {
        let api = TestAPI()
        let (early, late) = (try await api.submit(), try await api.submit("Export"))
        _ = try await api.memory.cancel(.id(early), reason: nil, scope: .default)
        api.clock.advance(by: .seconds(1))
        let bulk = try await start(api, BulkAction(.retry), expected: 1)
        api.clock.advance(by: .seconds(1))
        _ = try await api.memory.cancel(.id(late), reason: nil, scope: .default)
        try await work(api)
        #expect(try await api.memory.job(.id(bulk), scope: .default).result?.string == #"{"done":1,"skipped":1}"#)
        #expect(try await [early, late].statuses(api) == [.queued, .cancelled])
    }

    @Test("nobody submits a bulk job, and no worker elsewhere may say it runs them")
    func internalType() async throws {
        let api = TestAPI()
        let submit = try await api.send(.post, "/api/jobs", #"{"type":"errand.bulk","payload":{}}"#)
        #expect(try submit.problem == "unknown-job-type")
        let open = #"{"name":"w","types":["errand.bulk"],"slots":1}"#
        #expect(try await api.send(.post, "/api/worker/sessions", open).status == 422)
    }

    @Test("a credential for some projects acts within them, and names one where it has several")
    func projects() async throws {
        let api = TestAPI.withKeys()
        for project in ["p", "q"] as [Name] {
            var job = NewJob(type: "Import")
            job.projectId = project
            _ = try await api.memory.insert([job], scope: .tenant("a"))
        }
        let both = try await api.header([.jobsOperate], for: .tenant("a", projects: ["p", "q"]))
        let ask = #"{"filter":{},"dryRun":true}"#
        #expect(try await post(api, "cancel", ask, headers: both).places == ["/filter/projectId"])
        let one = try await api.header([.jobsOperate, .jobsRead], for: .tenant("a", projects: ["p"]))
        let asked = try await post(api, "cancel", ask, headers: one)
        #expect(try asked.member("count")?.int64Value == 1)
        let token = try #require(try asked.string("confirmToken"))
        let started = try await post(api, "cancel", confirmed("{}", token), headers: one)
        #expect(try (started.status, started.string("projectId")) == (202, "p"))
        try await work(api)
        let counts = try await api.memory.counts(by: .project, projectId: nil, scope: .tenant("a"))
        #expect(counts["p"]?.cancelled == 1 && counts["q"]?.queued == 1)
    }
}

extension [JobID] {
    fileprivate func statuses(_ api: TestAPI) async throws -> [JobStatus] {
        var statuses: [JobStatus] = []
        for id in self { statuses.append(try await api.memory.job(.id(id), scope: .default).status) }
        return statuses
    }
}
#endif
