#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("Limits of queues, and draining them", .timeLimit(.minutes(5)))
struct QueueLimitTests {
    private func patch(_ api: TestAPI, _ body: String, ifMatch: String? = "*") async throws -> Reply {
        var headers: HTTPFields = [.contentType: "application/merge-patch+json"]
        headers[.ifMatch] = ifMatch
        return try await api.send(.patch, "/api/queues/import", body, headers: headers)
    }

    @Test("a limit that is set goes before the configured one, and null goes back to that")
    func overrides() async throws {
        let api = TestAPI()
        try await api.memory.configure(queue: "import", .concurrency(8))
        let set = try await patch(api, #"{"concurrency":2,"rateLimit":{"count":5,"perSeconds":1.5}}"#)
        #expect(set.status == 200, "\(set.text)")
        #expect(try set.member("concurrency")?.int64Value == 2)
        #expect(try set.member("rateLimit")?.string == #"{"count":5,"perSeconds":1.5}"#)
        #expect(try set.member("overrides")?.string == #"["concurrency","rateLimit"]"#)
        // As a process does that starts.
        try await api.memory.configure(queue: "import", .concurrency(9))
        #expect(try await api.get("/api/queues/import").member("concurrency")?.int64Value == 2)
        let back = try await patch(api, #"{"concurrency":null,"rateLimit":null}"#)
        #expect(try back.member("concurrency")?.int64Value == 9)
        #expect(try back.member("rateLimit") == nil && back.member("overrides") == nil)
    }

    @Test("a change is one of the revision that was read")
    func preconditions() async throws {
        let api = TestAPI()
        _ = try await api.submit()
        let tag = try #require(try await api.get("/api/queues/import").headers[.eTag])
        #expect(try await patch(api, #"{"concurrency":1}"#, ifMatch: nil).problem == "precondition-required")
        let first = try await patch(api, #"{"concurrency":1}"#, ifMatch: tag)
        #expect(first.status == 200)
        let second = try await patch(api, #"{"concurrency":2}"#, ifMatch: tag)
        #expect(try (second.status, second.problem) == (412, "precondition-failed"))
        #expect(second.headers[.eTag] == first.headers[.eTag])
        #expect(try await api.get("/api/queues/import").member("concurrency")?.int64Value == 1)
    }

    @Test(
        "limits that make no sense are refused with their place",
        arguments: [
            (#"{"concurrency":0}"#, "/concurrency"), (#"{"concurrency":"x"}"#, "/concurrency"),
            (#"{"rateLimit":5}"#, "/rateLimit"), (#"{"rateLimit":{"count":1}}"#, "/rateLimit"),
            (#"{"rateLimit":{"count":0,"perSeconds":1}}"#, "/rateLimit/count"),
            (#"{"rateLimit":{"count":1,"perSeconds":0.01}}"#, "/rateLimit/perSeconds"),
            (#"{"paused":true}"#, "/paused"),
        ]
    )
    func invalid(_ body: String, _ place: String) async throws {
        let api = TestAPI()
        _ = try await api.submit()
        let reply = try await patch(api, body)
        #expect(reply.status == 422)
        #expect(try reply.places == [place])
    }

    @Test("a queue that nobody knows is not limited")
    func unknown() async throws {
        #expect(try await patch(TestAPI(), #"{"concurrency":1}"#).status == 404)
    }

    @Test("draining cancels what waits in the queue, once somebody has confirmed it")
    func drain() async throws {
        let api = TestAPI()
        let waiting = try await api.submit()
        let other = try await api.submit("Export")
        #expect(try await api.send(.post, "/api/queues/import/drain").places == ["/confirmToken"])
        let asked = try await api.send(.post, "/api/queues/import/drain", #"{"dryRun":true}"#)
        #expect(try asked.member("count")?.int64Value == 1)
        let token = try #require(try asked.string("confirmToken"))
        let started = try await api.send(.post, "/api/queues/import/drain", "{\"confirmToken\":\"\(token)\"}")
        #expect(try (started.status, started.string("type")) == (202, "errand.bulk"))
        let bulk = try #require(try started.string("id").flatMap { JobID($0) })
        let claim = ClaimRequest(worker: "w", types: ["errand.bulk"], limit: 1, lease: .seconds(30))
        let job = try #require(try await api.memory.claim(claim).jobs.first)
        #expect(job.lease.id == bulk)
        let payload = try job.payload.decode(as: BulkJob.self)
        #expect(payload.action.kind == .cancel && payload.filter.queue == "import" && payload.expected == 1)
        for id in [waiting, other] { #expect(try await api.memory.job(.id(id), scope: .default).status == .queued) }
        #expect(try await api.send(.post, "/api/queues/nothing/drain", #"{"dryRun":true}"#).status == 404)
    }
}
#endif
