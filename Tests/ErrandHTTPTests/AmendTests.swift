#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("Changes of queued jobs", .timeLimit(.minutes(5)))
struct AmendTests {
    private func patch(
        _ api: TestAPI,
        _ id: JobID,
        _ body: String,
        ifMatch: String? = "*",
        type: String = "application/merge-patch+json"
    ) async throws -> Reply {
        var headers: HTTPFields = [.contentType: type]
        headers[.ifMatch] = ifMatch
        return try await api.send(.patch, "/api/jobs/\(id)", body, headers: headers)
    }

    @Test("a queued job takes what the patch names, and answers with its new tag")
    func patched() async throws {
        let api = TestAPI()
        let id = try await api.submit()
        let tag = try #require(try await api.get("/api/jobs/\(id)").headers[.eTag])
        let body = #"{"priority":-3,"runAt":"2100-01-01T00:00:00Z","queue":"slow","tags":["a"]}"#
        let reply = try await patch(api, id, body, ifMatch: tag)
        #expect(reply.status == 200, "\(reply.text)")
        #expect(try reply.member("priority")?.int64Value == -3 && reply.string("queue") == "slow")
        #expect(try reply.string("runAt") == "2100-01-01T00:00:00Z" && reply.string("substate") == "scheduled")
        #expect(try reply.member("tags")?.string == #"["a"]"#)
        #expect(try await api.get("/api/jobs/\(id)").headers[.eTag] == reply.headers[.eTag])
        #expect(reply.headers[.eTag] != tag)
        #expect(try await patch(api, id, "{}", ifMatch: tag).status == 412)
    }

    @Test("null takes a member back to its default")
    func nulls() async throws {
        let api = TestAPI()
        let id = try await api.submit { job in
            job.priority = 9
            job.queue = "odd"
            job.runAt = Moment(clamping: api.clock.now().wall + 60)
            job.metadata = JSONText(trusted: #"{"tags":["t"],"more":1}"#)
        }
        let reply = try await patch(
            api,
            id,
            #"{"priority":null,"runAt":null,"queue":null,"tags":null}"#,
            type: "application/json"
        )
        #expect(try reply.member("priority")?.int64Value == 0 && reply.string("queue") == "import")
        #expect(try reply.string("substate") == "ready" && reply.member("tags") == nil)
        #expect(try await api.memory.job(.id(id), scope: .default).metadata.string == #"{"more":1}"#)
    }

    @Test("without If-Match the change is refused, and the answer says what to send")
    func precondition() async throws {
        let api = TestAPI()
        let id = try await api.submit()
        let reply = try await patch(api, id, #"{"priority":1}"#, ifMatch: nil)
        #expect(try (reply.status, reply.problem) == (428, "precondition-required"))
        #expect(try await api.memory.job(.id(id), scope: .default).priority == 0)
    }

    @Test("a tag of another revision is refused with the present one", arguments: ["\"7-x\"", "W/\"1-x\"", "1x,", ""])
    func mismatch(_ tag: String) async throws {
        let api = TestAPI()
        let id = try await api.submit()
        try #require(try await patch(api, id, #"{"priority":1}"#).status == 200)
        let reply = try await patch(api, id, #"{"priority":2}"#, ifMatch: tag)
        #expect(try (reply.status, reply.problem) == (412, "precondition-failed"))
        #expect(try await reply.headers[.eTag] == api.get("/api/jobs/\(id)").headers[.eTag])
        #expect(try await api.memory.job(.id(id), scope: .default).priority == 1)
    }

    @Test("a job that runs or has ended is not changed")
    func conflict() async throws {
        let api = TestAPI()
        let id = try await api.complete()
        let reply = try await patch(api, id, #"{"priority":1}"#)
        #expect(try (reply.status, reply.problem) == (409, "conflict"))
        #expect(try reply.string("currentStatus") == "Completed")
    }

    @Test(
        "values that make no sense are refused with their place",
        arguments: [
            (#"{"priority":40000}"#, "/priority"), (#"{"priority":"high"}"#, "/priority"),
            (#"{"runAt":"soon"}"#, "/runAt"), (#"{"queue":""}"#, "/queue"), (#"{"queue":5}"#, "/queue"),
            (#"{"tags":"a"}"#, "/tags"), (#"{"payload":{}}"#, "/payload"),
        ]
    )
    func invalid(_ body: String, _ place: String) async throws {
        let api = TestAPI()
        let reply = try await patch(api, try await api.submit(), body)
        #expect(reply.status == 422)
        #expect(try reply.places == [place])
    }

    @Test("a change is one of the job in the store, not of the one that was read before")
    func atomic() async throws {
        let api = TestAPI()
        let id = try await api.submit()
        let tag = try #require(try await api.get("/api/jobs/\(id)").headers[.eTag])
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for priority in 1...8 {
                group.addTask { try await patch(api, id, "{\"priority\":\(priority)}", ifMatch: tag).status }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 200 } == 1 && statuses.count { $0 == 412 } == 7)
    }
}
#endif
