#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("Submitting a job", .timeLimit(.minutes(5)))
struct SubmitTests {
    private func stored(_ reply: Reply, in api: TestAPI) async throws -> Job {
        let id = try #require(try reply.string("id").flatMap { JobID($0) })
        return try await api.memory.job(.id(id), scope: .default)
    }

    @Test("a submit is accepted with the job, its place and when to ask")
    func accepted() async throws {
        let api = TestAPI()
        let reply = try await api.send(.post, "/api/jobs", #"{"type":"Import","projectId":"p"}"#)
        #expect(reply.status == 202)
        let job = try await stored(reply, in: api)
        #expect(reply.headers[.location] == "/api/jobs/\(job.id)")
        #expect(reply.headers[.retryAfter] == "2")
        #expect(try reply.string("status") == "Queued")
        #expect(try reply.member("progress")?.int64Value == 0)
        let links = try #require(try reply.member("links")).object()
        #expect(links.members.map(\.name) == ["self", "events", "cancel", "result"])
        #expect(links["self"]?.stringValue == "/api/jobs/\(job.id)")
    }

    @Test("the type's queue, budget and timeout hold unless the submitter gives others")
    func defaults() async throws {
        let api = TestAPI()
        let plain = try await stored(api.send(.post, "/api/jobs", #"{"type":"Import"}"#), in: api)
        #expect((plain.queue, plain.maxAttempts, plain.timeoutSeconds) == ("import", 5, 60))
        let body = #"{"type":"Import","queue":"q","maxAttempts":2,"timeoutSeconds":9,"priority":-3,"createdBy":"me"}"#
        let own = try await stored(api.send(.post, "/api/jobs", body), in: api)
        #expect((own.queue, own.maxAttempts, own.timeoutSeconds, own.priority) == ("q", 2, 9, -3))
        #expect(own.createdBy == "me")
        let admitted = try await api.send(.post, "/api/jobs", #"{"type":"picky","payload":{"word":"please"}}"#)
        #expect(try await stored(admitted, in: api).priority == 7)
    }

    @Test("the payload is kept to the letter")
    func payload() async throws {
        let api = TestAPI()
        let payload = #"{"b": 12345678901234567890.10,  "a":"\u00e9"}"#
        let reply = try await api.send(.post, "/api/jobs", #"{"type":"Import","payload":\#(payload)}"#)
        #expect(try await stored(reply, in: api).payload.string == payload)
        #expect(try reply.member("payload") == nil)
    }

    @Test("tags go into the metadata, beside what is there")
    func tags() async throws {
        let api = TestAPI()
        let reply = try await api.send(
            .post,
            "/api/jobs",
            #"{"type":"Import","tags":["a","ü\""],"metadata":{"source":"cli"}}"#
        )
        let job = try await stored(reply, in: api)
        #expect(job.metadata.string == #"{"source":"cli","tags":["a","ü\""]}"#)
        #expect(try reply.member("tags")?.string == #"["a","ü\""]"#)
        #expect(try await api.get("/api/jobs?tag=a").json.elements().count == 1)
        #expect(try await api.get("/api/jobs?tag=b").text == "[]")
    }

    @Test("a delay counts from now, and a job may wait for others")
    func later() async throws {
        let api = TestAPI()
        let reply = try await api.send(.post, "/api/jobs", #"{"type":"Import","delaySeconds":90}"#)
        let first = try await stored(reply, in: api)
        #expect(first.runAt == api.clock.now().wall.addingTimeInterval(90))
        let body = #"{"type":"Import","after":["\#(first.id)"]}"#
        let second = try await api.send(.post, "/api/jobs", body)
        #expect(try second.string("substate") == "blocked")
        #expect(try second.member("after")?.string == #"["\#(first.id)"]"#)
    }

    @Test("a unique key answers with the job that has it, or refuses")
    func unique() async throws {
        let api = TestAPI()
        let first = try await api.send(.post, "/api/jobs", #"{"type":"Import","uniqueKey":"k"}"#)
        let second = try await api.send(.post, "/api/jobs", #"{"type":"Import","uniqueKey":"k"}"#)
        #expect(second.status == 200)
        #expect(try second.member("existing")?.boolValue == true)
        #expect(try second.string("id") == first.string("id"))
        let third = try await api.send(.post, "/api/jobs", #"{"type":"Import","uniqueKey":"k","onConflict":"reject"}"#)
        #expect(try (third.status, third.problem) == (409, "unique-conflict"))
    }

    @Test("the same id with the same content is the same job, with another it is refused")
    func replay() async throws {
        let api = TestAPI()
        let id = JobIDGenerator().next(at: Date(timeIntervalSince1970: 1_700_000_000))
        let body = #"{"type":"Import","id":"\#(id)","payload":{"a":1}}"#
        let first = try await api.send(.post, "/api/jobs", body)
        let again = try await api.send(.post, "/api/jobs", body)
        #expect((first.status, again.status) == (202, 202))
        #expect(try again.string("id") == id.description)
        let other = try await api.send(.post, "/api/jobs", body.replacing(#""a":1"#, with: #""a":2"#))
        #expect(try (other.status, other.problem) == (422, "idempotency-mismatch"))
        #expect(try await api.get("/api/jobs").json.elements().count == 1)
    }

    @Test("a valid trace context is kept, a broken one ignored")
    func trace() async throws {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        for (header, kept) in [(good, good), ("ff" + good.dropFirst(2), nil), ("nonsense", nil)] as [(String, String?)]
        {
            let api = TestAPI()
            let headers: HTTPFields = [.traceparent: header]
            let reply = try await api.send(.post, "/api/jobs", #"{"type":"Import"}"#, headers: headers)
            #expect(try await stored(reply, in: api).traceparent == kept)
        }
    }
}
#endif
