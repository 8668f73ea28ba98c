#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("Jobs of one request that wait for each other", .timeLimit(.minutes(5)))
struct BulkReferenceTests {
    private let api = TestAPI()

    private func bulk(_ jobs: String, isAtomic: Bool = true, _ key: String = "k") async throws -> Reply {
        let headers: HTTPFields = [try #require(HTTPField.Name("Idempotency-Key")): key]
        let body = #"{"atomic":\#(isAtomic),"jobs":[\#(jobs)]}"#
        return try await api.send(.post, "/api/jobs/bulk", body, headers: headers)
    }

    private func ids(_ reply: Reply) throws -> [JobID] {
        let texts: [String?]
        if let ids = try reply.member("ids") {
            texts = try ids.elements().map(\.stringValue)
        } else {
            texts = try #require(try reply.member("results")).elements().map { try $0.object()["id"]?.stringValue }
        }
        return texts.compactMap { $0.flatMap { JobID($0) } }
    }

    private func after(_ id: JobID) async throws -> [JobID] {
        try await api.memory.job(.id(id), scope: .default).after
    }

    @Test("a job names those before it by their place", arguments: [true, false])
    func places(isAtomic: Bool) async throws {
        let jobs = """
            {"type":"Import"},{"type":"Import","after":["#/jobs/0"]},{"type":"Export","after":["#/jobs/0","#/jobs/1"]}
            """
        let reply = try await bulk(jobs, isAtomic: isAtomic)
        let made = try ids(reply)
        try #require(made.count == 3, "\(reply.text)")
        #expect(try await after(made[1]) == [made[0]])
        #expect(try await after(made[2]) == [made[0], made[1]])
        #expect(try await api.memory.job(.id(made[2]), scope: .default).blockedBy == 2)
        let again = try await bulk(jobs, isAtomic: isAtomic)
        #expect(try ids(again) == made)
    }

    @Test("or by an id that the request gives, beside its key", arguments: [true, false])
    func ownIDs(isAtomic: Bool) async throws {
        let id = JobIDGenerator().next(at: api.clock.now().wall)
        let jobs = #"{"type":"Import","id":"\#(id)"},{"type":"Import","after":["\#(id)"]}"#
        let made = try ids(try await bulk(jobs, isAtomic: isAtomic))
        #expect(made.first == id && made.count == 2)
        #expect(try await after(try #require(made.last)) == [id])
        #expect(try ids(try await bulk(jobs, isAtomic: isAtomic)) == made)
        // The place of a job with an id of its own is that job as well.
        let more = ##"{"type":"Import","id":"\##(id)"},{"type":"Export","after":["#/jobs/0"]}"##
        let last = try #require(try ids(try await bulk(more, isAtomic: isAtomic, "another")).last)
        #expect(try await after(last) == [id])
    }

    @Test("what a unique key answered with another job is waited for as that", arguments: [true, false])
    func uniqueKeys(isAtomic: Bool) async throws {
        let holder = try await api.submit { $0.uniqueKey = "k" }
        let jobs = ##"{"type":"Import","uniqueKey":"k"},{"type":"Import","after":["#/jobs/0"]}"##
        let made = try ids(try await bulk(jobs, isAtomic: isAtomic))
        #expect(made.first == holder && made.count == 2)
        #expect(try await after(try #require(made.last)) == [holder])
    }

    @Test(
        "a job cannot wait for itself, for one behind it, or for one that is not there",
        arguments: ["#/jobs/1", "#/jobs/2", "#/jobs/3", "#/jobs/01", "#/jobs/-1", "#/jobs/", "#/jobs/0/id", "#0", "#"]
    )
    func refused(_ reference: String) async throws {
        let jobs = ##"{"type":"Import"},{"type":"Import","after":["#/jobs/0","\##(reference)"]},{"type":"Import"}"##
        let reply = try await bulk(jobs)
        #expect(try (reply.status, reply.places) == (422, ["/jobs/1/after/1"]) || reply.places == ["/jobs/1/after"])
        #expect(try await api.memory.jobs(JobFilter(), page: PageRequest(), scope: .system).jobs.isEmpty)
    }

    @Test("nor by an id that the request gives to itself or to one behind it")
    func circles() async throws {
        let ids = JobIDGenerator()
        let (a, b) = (ids.next(at: api.clock.now().wall), ids.next(at: api.clock.now().wall))
        let jobs = #"{"type":"Import","id":"\#(a)","after":["\#(b)"]},{"type":"Import","id":"\#(b)","after":["\#(a)"]}"#
        let circle = try await bulk(jobs)
        #expect(try (circle.status, circle.places) == (422, ["/jobs/0/after/0"]))
        let own = try await bulk(#"{"type":"Import","id":"\#(a)","after":["\#(a)"]}"#)
        #expect(try (own.status, own.places) == (422, ["/jobs/0/after/0"]))
    }

    @Test("with atomic false, what waits for a refused job is refused, and nothing else")
    func refusedParent() async throws {
        let jobs = """
            {"type":"Import","queue":""},{"type":"Import","after":["#/jobs/0"]},{"type":"Import","after":["#/jobs/1"]},\
            {"type":"Import"},{"type":"Import","after":["#/jobs/3"]}
            """
        let reply = try await bulk(jobs, isAtomic: false)
        let results = try #require(try reply.member("results")).elements().map { try $0.object() }
        #expect(results.map { $0["id"] != nil } == [false, false, false, true, true])
        for index in [1, 2] { #expect(results[index]["problem"]?.string.contains("/jobs/\(index)/after/0") == true) }
    }

    @Test("a hundred and thirty in a chain are stored in their order")
    func chain() async throws {
        let jobs = [##"{"type":"Import"}"##] + (0..<129).map { ##"{"type":"Import","after":["#/jobs/\##($0)"]}"## }
        let made = try ids(try await bulk(jobs.joined(separator: ","), isAtomic: false))
        #expect(made.count == 130)
        for (index, id) in made.enumerated().dropFirst() { #expect(try await after(id) == [made[index - 1]]) }
    }

    @Test("a single submit has no places to refer to")
    func single() async throws {
        let reply = try await api.send(.post, "/api/jobs", ##"{"type":"Import","after":["#/jobs/0"]}"##)
        #expect(reply.status == 422)
    }
}
#endif
