#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Testing

@testable import ErrandHTTP

@Suite("Polling and the manners of HTTP", .timeLimit(.minutes(5)))
struct PollingTests {
    @Test("an entity tag changes with the job and what depends on time and queue, and matches until then")
    func entityTags() async throws {
        let api = TestAPI()
        let id = try await api.submit { $0.runAt = Moment(clamping: api.clock.now().wall + 60) }
        let path = "/api/jobs/\(id)"
        let scheduled = try #require(try await api.get(path).headers[.eTag])
        #expect(scheduled.hasPrefix("\"1-"))
        let same = try await api.get(path, headers: [.ifNoneMatch: "W/\"x\", \(scheduled)"])
        #expect((same.status, same.text) == (304, ""))
        #expect(same.headers[.eTag] == scheduled)
        #expect(same.headers[.retryAfter] == "2")
        api.clock.advance(by: .seconds(61))
        let ready = try await api.get(path, headers: [.ifNoneMatch: scheduled])
        #expect(ready.status == 200)
        #expect(try ready.string("substate") == "ready")
        #expect(ready.headers[.eTag] != scheduled)
        #expect(try await api.get(path, headers: [.ifNoneMatch: "*"]).status == 304)
    }

    @Test("what may be kept, and when to ask again, follow the job's life")
    func caching() async throws {
        let api = TestAPI()
        let queued = try await api.submit()
        var reply = try await api.get("/api/jobs/\(queued)")
        #expect(reply.headers[.cacheControl] == "private, no-cache")
        #expect(reply.headers[.vary] == "Authorization, Cookie, Accept, Prefer")
        api.clock.advance(by: .seconds(1000))
        #expect(try await api.get("/api/jobs/\(queued)").headers[.retryAfter] == "15")
        let lease = try await api.claim()
        #expect(try await api.get("/api/jobs/\(queued)").headers[.retryAfter] == "2")
        var report = RunReport(lease: lease)
        report.progress = 50
        _ = try await api.memory.report([report])
        api.clock.advance(by: .seconds(20))
        #expect(try await api.get("/api/jobs/\(queued)").headers[.retryAfter] == "5")
        try await api.settle(lease, .complete(JobResult()))
        reply = try await api.get("/api/jobs/\(queued)")
        #expect(reply.headers[.cacheControl] == "private, max-age=60")
        #expect(reply.headers[.retryAfter] == nil)
    }

    @Test("a change with If-Match is refused when the job moved on")
    func preconditions() async throws {
        let api = TestAPI()
        let path = "/api/jobs/\(try await api.submit())"
        let tag = try #require(try await api.get(path).headers[.eTag])
        _ = try await api.claim()
        let stale = try await api.send(.post, path + "/cancel", headers: [.ifMatch: tag])
        #expect(try (stale.status, stale.problem) == (412, "precondition-failed"))
        let fresh = try #require(try await api.get(path).headers[.eTag])
        #expect(try await api.send(.post, path + "/cancel", headers: [.ifMatch: fresh]).status == 200)
    }

    @Test("a job is found by its number as well")
    func numbers() async throws {
        let api = TestAPI()
        let id = try await api.submit()
        let number = try #require(try await api.get("/api/jobs/\(id)").member("number")?.int64Value)
        #expect(try await api.get("/api/jobs/\(number)").string("id") == id.description)
    }

    @Test("HEAD gives the head of GET on every route")
    func head() async throws {
        let api = TestAPI()
        let id = try await api.submit()
        for path in ["/api/jobs", "/api/jobs/\(id)", "/api/jobs/\(id)/events", "/livez", "/api/nothing"] {
            let get = path.hasSuffix("events") ? nil : try await api.get(path)
            let head = try await api.send(.head, path)
            #expect(head.text == "")
            guard let get else { continue }
            #expect(head.status == get.status)
            #expect(head.headers[.contentType] == get.headers[.contentType])
            #expect(head.headers[.eTag] == get.headers[.eTag])
        }
    }

    @Test("other methods are answered with those the path has")
    func methods() async throws {
        let api = TestAPI()
        for route in api.api.routes {
            let path = route.path.replacing("{id}", with: "1").replacing("{", with: "").replacing("}", with: "")
            let options = try await api.send(.options, path)
            #expect(options.status == 204)
            let allowed = try #require(options.headers[.allow]).split(separator: ", ").map(String.init)
            #expect(allowed.contains(route.method.rawValue))
            #expect(allowed.contains("OPTIONS"))
            #expect(allowed.contains("HEAD") == allowed.contains("GET"))
            for method in [HTTPRequest.Method.trace, .put, .patch, .delete, .post]
            where !allowed.contains(method.rawValue) {
                let reply = try await api.send(method, path)
                #expect(try (reply.status, reply.problem) == (405, "method-not-allowed"), "\(method) \(path)")
                #expect(reply.headers[.allow] == options.headers[.allow])
            }
        }
        #expect(try await api.send(.options, "/api/nothing").status == 404)
    }

    @Test("operations have names of their own")
    func operations() {
        let names = TestAPI().api.routes.map(\.operation)
        #expect(Set(names).count == names.count)
    }

    @Test(
        "an answer in no accepted type is refused",
        arguments: [
            ("*/*", 200), ("application/json", 200), ("application/*;q=0.5", 200), ("text/html, */*;q=0.1", 200),
            ("text/html", 406), ("application/json;q=0", 406), ("application/json;q=0, */*", 406),
            ("application/json; profile=\"async-job\"", 200),
        ]
    )
    func accept(_ accept: String, status: Int) async throws {
        let reply = try await TestAPI().get("/api/jobs", headers: [.accept: accept])
        #expect(reply.status == status)
    }

    @Test("a request keeps its identifier when that is one, and gets one otherwise")
    func requestIds() async throws {
        let api = TestAPI()
        let own = try await api.get("/api/nothing", headers: [.requestId: "my-request.1_A"])
        #expect(own.headers[.requestId] == "my-request.1_A")
        #expect(try own.string("requestId") == "my-request.1_A")
        for bad in ["", "a b", "ä", String(repeating: "x", count: 129)] {
            let given = try #require(try await api.get("/livez", headers: [.requestId: bad]).headers[.requestId])
            #expect(given != bad && !given.isEmpty)
        }
    }

    @Test("a head that is too large is refused")
    func limits() async throws {
        let api = TestAPI()
        let long = try await api.get("/api/jobs?queue=" + String(repeating: "x", count: 9000))
        #expect(try (long.status, long.problem) == (414, "target-too-long"))
        let large = try await api.get("/api/jobs", headers: [.cookie: String(repeating: "x", count: 40_000)])
        #expect(try (large.status, large.problem) == (431, "headers-too-large"))
    }

    @Test("a deleted job is gone, with 204 first and 410 after")
    func deletion() async throws {
        let api = TestAPI()
        let id = try await api.complete()
        let reply = try await api.send(.delete, "/api/jobs/\(id)")
        #expect((reply.status, reply.text) == (204, ""))
        let gone = try await api.get("/api/jobs/\(id)")
        #expect(try (gone.status, gone.problem) == (410, "gone"))
    }

    @Test("a cancel takes a reason, and a retry a time")
    func operating() async throws {
        let api = TestAPI()
        let id = try await api.submit()
        _ = try await api.send(.post, "/api/jobs/\(id)/cancel", #"{"reason":"wrong file"}"#)
        let cancelled = try await api.get("/api/jobs/\(id)")
        #expect(try cancelled.string("error") == "wrong file")
        #expect(try cancelled.member("failure")?.string == #"{"code":"cancelled","message":"wrong file"}"#)
        let reply = try await api.send(.post, "/api/jobs/\(id)/retry", #"{"runAt":"2030-01-01T00:00:00Z"}"#)
        #expect(reply.status == 200)
        #expect(try await api.get("/api/jobs/\(id)").string("runAt") == "2030-01-01T00:00:00Z")
    }
}
#endif
