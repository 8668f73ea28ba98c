#if Server
import Errand
import ErrandTesting
import HTTPTypes
import Testing
import Tracing

@testable import ErrandHTTP

/// The spans of jobs that come over HTTP.
@Suite("Spans of requests", .timeLimit(.minutes(5)))
struct TracingTests {
    private static let caller = TraceIdentity(
        trace: "0af7651916cd43dd8448eb211c80319c",
        span: "b7ad6b7169203331"
    )
    private let tracer = RecordingTracer()
    private let api = TestAPI()
    private var headers: HTTPFields { [.traceparent: Self.caller.traceparent] }

    private func submit() async throws -> JobID {
        let reply = try await api.send(.post, "/api/jobs", #"{"type":"Import"}"#, headers: headers)
        return try #require(try reply.string("id").flatMap { JobID($0) })
    }

    /// What was sent, which belongs to the request's trace; its context is with the job.
    private func creation(of id: JobID) async throws -> TraceIdentity {
        let send = try #require(tracer.ended("send import").first)
        #expect(send.kind == .producer && send.parent == Self.caller)
        #expect(send["messaging.message.id"] == .string(id.description))
        let identity = try #require(send.identity)
        #expect(try await api.memory.job(.id(id), scope: .default).traceparent == identity.traceparent)
        return identity
    }

    @Test("from a request to the handler of a worker here, and the record of its end")
    func runHere() async throws {
        var handlers = JobHandlers()
        handlers.register("Import", queue: "import") { (_: [String: String], _) in }
        let worker = Worker(store: api.memory, handlers: handlers)
        let id = try await withTracer(tracer) {
            let id = try await submit()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await worker.run() }
                _ = try await JobClient(store: api.memory).wait(for: .id(id))
                group.cancelAll()
                try await group.waitForAll()
            }
            return id
        }
        let creation = try await creation(of: id)
        let names = ["send import", "receive import", "process import", "settle import"]
        #expect(tracer.ended.map(\.name) == names)
        #expect(tracer.ended.dropFirst().map(\.links) == [[creation], [creation], [creation]])
        #expect(tracer.ended("process import").first?.parent == creation)
    }

    @Test("from a request to a worker elsewhere, which is told the context, and its word of the end")
    func runElsewhere() async throws {
        let worker = TestWorker(api)
        let (id, job) = try await withTracer(tracer) {
            let session = try await worker.session()
            #expect(try await worker.claim(session).isEmpty)
            let id = try await submit()
            let job = try #require(try await worker.claim(session).first)
            #expect(try await job.post("complete", #"{"result":1}"#).status == 200)
            return (id, job)
        }
        let creation = try await creation(of: id)
        #expect(job.json["traceparent"]?.stringValue == creation.traceparent)
        #expect(tracer.ended.map(\.name) == ["send import", "receive import", "settle import"])
        for span in tracer.ended.dropFirst() {
            #expect(span.kind == .client && span.links == [creation])
            #expect(span["messaging.message.id"] == .string(id.description))
            #expect(span["error.type"] == nil)
        }
    }

    @Test("an end that is refused says why")
    func refused() async throws {
        let worker = TestWorker(api)
        try await withTracer(tracer) {
            let session = try await worker.session()
            let id = try await submit()
            let job = try #require(try await worker.claim(session).first)
            _ = try await api.memory.cancel(.id(id), reason: nil, scope: .default)
            #expect(try await job.post("complete", "{}").status == 409)
        }
        let settle = try #require(tracer.ended("settle import").first)
        #expect(settle["error.type"] == "lease-lost" && settle.status == SpanStatus(code: .error))
    }

    @Test("a bulk submit is one span; where each job stands for itself, one for each", arguments: [true, false])
    func bulk(isAtomic: Bool) async throws {
        let body = #"{"atomic":\#(isAtomic),"jobs":[{"type":"Import"},{"type":"Import"}]}"#
        var headers = headers
        headers[try #require(HTTPField.Name("Idempotency-Key"))] = "k-1"
        let fields = headers
        let reply = try await withTracer(tracer) {
            try await api.send(.post, "/api/jobs/bulk", body, headers: fields)
        }
        #expect(reply.status == (isAtomic ? 202 : 200))
        let spans = tracer.ended("send import")
        #expect(spans.map(\.parent) == Array(repeating: Self.caller, count: isAtomic ? 1 : 2))
        let count = spans.first?["messaging.batch.message_count"]
        #expect(isAtomic ? count == 2 : count == nil)
        let stored = try await api.memory.jobs(JobFilter(), page: PageRequest(limit: 5), scope: .default).jobs
        #expect(Set(stored.compactMap(\.traceparent)) == Set(spans.compactMap(\.identity?.traceparent)))
    }
}
#endif
