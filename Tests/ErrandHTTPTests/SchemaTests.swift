#if Server
import Errand
import ErrandTesting
import HTTPTypes
import Testing

@testable import ErrandHTTP

/// Payloads and results are held to the schemas of their types.
@Suite("Schemas of types", .timeLimit(.minutes(5)))
struct SchemaTests {
    private let api = TestAPI()

    private func pointers(_ reply: Reply) throws -> [String?] {
        try reply.member("errors")?.elements().map { try $0.object()["pointer"]?.stringValue } ?? []
    }

    @Test("a payload that is not as its type's schema says is refused with all its faults, and nothing is stored")
    func payload() async throws {
        let refused = try await api.send(.post, "/api/jobs", #"{"type":"strict","payload":{"to":5,"n":0}}"#)
        #expect(try refused.status == 422 && refused.problem == "validation")
        #expect(try pointers(refused) == ["/payload/to", "/payload/n"])
        #expect(try refused.string("detail")?.contains("payload/to must be a string; it is 5.") == true)
        #expect(try await api.send(.post, "/api/jobs", #"{"type":"strict"}"#).status == 422)
        #expect(try await api.memory.jobs(JobFilter(), page: PageRequest(), scope: .system).jobs.isEmpty)
        let taken = try await api.send(.post, "/api/jobs", #"{"type":"strict","payload":{"to":"x"}}"#)
        #expect(taken.status == 202)
    }

    @Test("in bulk the pointers say which job")
    func bulk() async throws {
        let key = try #require(HTTPField.Name("Idempotency-Key"))
        let jobs = #"{"jobs":[{"type":"strict","payload":{"to":"x"}},{"type":"strict","payload":{}}]}"#
        let refused = try await api.send(.post, "/api/jobs/bulk", jobs, headers: [key: "k"])
        #expect(refused.status == 422)
        #expect(try pointers(refused) == ["/jobs/1/payload/to"])
    }

    @Test("a result that is not as its type's schema says is refused, and the run goes on")
    func result() async throws {
        _ = try await api.submit("strict") { $0.payload = JSONText(trusted: #"{"to":"x"}"#) }
        let worker = TestWorker(api)
        let opened = try await worker.open(#"{"name":"w","types":["strict"],"slots":1}"#)
        let job = try await worker.claim(#require(try opened.string("workerId")))[0]
        for body in [#"{"result":{"n":1}}"#, "{}"] {
            let refused = try await job.post("complete", body)
            #expect(refused.status == 422)
            #expect(try pointers(refused) == [body == "{}" ? "/result" : "/result/pages"])
        }
        #expect(try await job.post("complete", #"{"result":{"pages":2}}"#).status == 200)
        // Said again it is known for what it was.
        #expect(try await job.post("complete", #"{"result":{"pages":2}}"#).status == 200)
    }
}
#endif
