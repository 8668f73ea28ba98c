#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("Queues are not made by mistake", .timeLimit(.minutes(5)))
struct QueueKnowingTests {
    @Test("a misspelt queue is neither paused, resumed, limited nor drained, and not listed")
    func misspelt() async throws {
        let api = TestAPI()
        let any: HTTPFields = [.ifMatch: "*"]
        let replies = [
            try await api.send(.post, "/api/queues/imprt/pause"),
            try await api.send(.post, "/api/queues/imprt/pause", #"{"reason":"disk","create":false}"#),
            try await api.send(.post, "/api/queues/imprt/resume"),
            try await api.send(.patch, "/api/queues/imprt", #"{"concurrency":1}"#, headers: any),
            try await api.send(.post, "/api/queues/imprt/drain", #"{"dryRun":true}"#),
            try await api.send(.delete, "/api/queues/imprt"),
        ]
        for reply in replies { #expect(try (reply.status, reply.problem) == (404, "not-found")) }
        #expect(try await api.get("/api/queues").text == "[]")
    }

    @Test("with create it is, and it is forgotten while it has no jobs")
    func created() async throws {
        let api = TestAPI()
        let paused = try await api.send(.post, "/api/queues/later/pause", #"{"create":true}"#)
        #expect(paused.status == 200)
        #expect(try await api.send(.post, "/api/queues/later/resume").status == 200)
        let id = try await api.submit { $0.queue = "later" }
        let refused = try await api.send(.delete, "/api/queues/later")
        #expect(try (refused.status, refused.problem) == (409, "conflict"))
        try await api.settle(api.claim(), .complete(JobResult()))
        #expect(try await api.send(.delete, "/api/queues/later").status == 409)
        #expect(try await api.send(.delete, "/api/jobs/\(id)").status == 204)
        #expect(try await api.send(.delete, "/api/queues/later").status == 204)
        #expect(try await api.get("/api/queues").text == "[]")
        #expect(try await api.send(.delete, "/api/queues/later").status == 404)
    }

    @Test("a type's queue is known before its first job", arguments: ["import", "default"])
    func ofTypes(name: String) async throws {
        let api = TestAPI()
        #expect(try await api.send(.post, "/api/queues/\(name)/pause").status == 200)
        #expect(try await api.get("/api/queues/\(name)").status == 200)
    }
}
#endif
