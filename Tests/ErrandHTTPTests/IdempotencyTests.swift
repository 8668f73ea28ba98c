#if Server
import Errand
import ErrandTesting
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("Idempotency-Key", .timeLimit(.minutes(5)))
struct IdempotencyTests {
    private let api = TestAPI.withKeys()

    private func submit(
        _ key: String,
        _ body: String = #"{"type":"Import","payload":{"a":1}}"#,
        as who: HTTPFields
    ) async throws -> Reply {
        var headers = who
        headers[.init("Idempotency-Key") ?? .cookie] = key
        return try await api.send(.post, "/api/jobs", body, headers: headers)
    }

    @Test("the same request again is the same job, whatever became of it")
    func replay() async throws {
        let who = try await api.header([.jobsWrite, .jobsRead])
        let first = try await submit("\"a key\"", as: who)
        #expect(first.status == 202 && first.headers[.idempotencyReplayed] == nil)
        try await api.settle(api.claim(), .complete(JobResult()))
        let again = try await submit("\"a key\"", as: who)
        #expect(again.status == 202 && again.headers[.idempotencyReplayed] == "true")
        #expect(try again.string("id") == first.string("id"))
        #expect(try again.string("status") == "Completed")
        #expect(try await api.memory.jobs(JobFilter(), page: PageRequest(), scope: .system).jobs.count == 1)
    }

    @Test("fifty at once are one job")
    func together() async throws {
        let who = try await api.header([.jobsWrite])
        let ids = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<50 { group.addTask { try await submit("k", as: who).string("id") } }
            return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(ids.count == 1 && ids.first != .some(nil))
    }

    @Test("the same key with another request is refused")
    func mismatch() async throws {
        let who = try await api.header([.jobsWrite])
        _ = try await submit("k", as: who)
        let other = try await submit("k", #"{"type":"Import","payload":{"a":2}}"#, as: who)
        #expect(other.status == 422)
        #expect(try other.problem == "idempotency-mismatch")
    }

    @Test(
        "the same request written otherwise is the same",
        arguments: [
            #" { "payload" : {"a": 1}, "type":"Import" } "#, #"{"type":"\u0049mport","payload":{"\u0061":1}}"#,
            #"{"type":"Import","payload":{"a":1},"priority":0,"tags":null,"metadata":{ },"after":[]}"#,
            #"{"type":"Import","payload":{"a":1},"queue":"import","maxAttempts":5,"timeoutSeconds":60}"#,
            #"{"type":"Import","payload":{"a":1},"onConflict":"return"}"#,
        ]
    )
    func otherSpellings(_ body: String) async throws {
        let who = try await api.header([.jobsWrite])
        let first = try await submit("k", as: who)
        let again = try await submit("k", body, as: who)
        #expect(again.status == 202 && again.headers[.idempotencyReplayed] == "true", "\(again.text)")
        #expect(try again.string("id") == first.string("id"))
    }

    @Test(
        "what differs by a digit, a default or a byte is another request",
        arguments: [
            #"{"type":"Import","payload":{"a":1.0}}"#, #"{"type":"Import","payload":{"a":1},"maxAttempts":6}"#,
            #"{"type":"Import","payload":{"a":1,"b":null}}"#, #"{"type":"Import","payload":{"a":1},"tags":[]}"#,
        ]
    )
    func otherMeanings(_ body: String) async throws {
        let who = try await api.header([.jobsWrite])
        _ = try await submit("k", as: who)
        let other = try await submit("k", body, as: who)
        #expect(try (other.status, other.problem, other.places) == (422, "idempotency-mismatch", ["Idempotency-Key"]))
        #expect(other.text.contains("Idempotency-Key \\\"k\\\" came with another request"))
        #expect(try await api.memory.jobs(JobFilter(), page: PageRequest(), scope: .system).jobs.count == 1)
    }

    @Test("a key whose unique key found a job is answered with that job, also when it has ended")
    func existing() async throws {
        let who = try await api.header([.jobsWrite, .jobsRead])
        let body = #"{"type":"Import","uniqueKey":"u"}"#
        let holder = try await submit("first", body, as: who).string("id")
        let found = try await submit("k", body, as: who)
        #expect(try found.status == 200 && found.string("id") == holder && found.member("existing")?.boolValue == true)
        try await api.settle(api.claim(), .complete(JobResult()))
        let again = try await submit("k", body, as: who)
        #expect(again.status == 200 && again.headers[.idempotencyReplayed] == "true")
        #expect(try again.string("id") == holder && again.string("status") == "Completed")
        #expect(try again.member("existing")?.boolValue == true)
        let other = try await submit("k", #"{"type":"Import","uniqueKey":"v"}"#, as: who)
        #expect(try (other.status, other.problem) == (422, "idempotency-mismatch"))
        try await api.memory.delete(.id(#require(JobID(holder ?? ""))), scope: .system)
        let gone = try await submit("k", body, as: who)
        #expect(try (gone.status, gone.problem, gone.places) == (410, "gone", ["Idempotency-Key"]))
    }

    @Test("a submit that replaces says so, once")
    func replaced() async throws {
        let who = try await api.header([.jobsWrite, .jobsRead])
        let holder = try await submit("first", #"{"type":"Import","uniqueKey":"u"}"#, as: who).string("id")
        let body = #"{"type":"Import","uniqueKey":"u","onConflict":"replace","queue":"other","tags":["t"]}"#
        let reply = try await submit("k", body, as: who)
        #expect(try reply.status == 200 && reply.string("id") == holder && reply.string("queue") == "other")
        #expect(try reply.member("replaced")?.boolValue == true && reply.member("tags")?.string == #"["t"]"#)
        let again = try await submit("k", body, as: who)
        #expect(try again.status == 200 && again.member("replaced")?.boolValue == true)
        #expect(try again.headers[.idempotencyReplayed] == "true" && again.member("rev")?.int64Value == 2)
    }

    @Test("another's same key is another request, in the same tenant and in another")
    func principals() async throws {
        var ids: Set<String?> = []
        for tenant in ["a", "a", "b"] as [Name] {
            let who = try await api.header([.jobsWrite], for: .tenant(tenant))
            let reply = try await submit("k", as: who)
            #expect(reply.status == 202)
            ids.insert(try reply.string("id"))
        }
        #expect(ids.count == 3)
    }

    @Test("a key can be used anew once its job is forgotten")
    func expiry() async throws {
        let who = try await api.header([.jobsWrite])
        let first = try await submit("k", as: who).string("id")
        try await api.settle(api.claim(), .complete(JobResult()))
        api.clock.advance(by: .seconds(30 * 86400))
        _ = try await api.memory.prune(limit: 100, deletedFiles: [])
        #expect(try await submit("k", as: who).status == 410)
        api.clock.advance(by: .seconds(2 * 86400))
        _ = try await api.memory.prune(limit: 100, deletedFiles: [])
        let anew = try await submit("k", as: who)
        #expect(anew.status == 202 && anew.headers[.idempotencyReplayed] == nil)
        #expect(try anew.string("id") == first)
    }

    @Test(
        "a key that is no text in quotes and no word is refused",
        arguments: ["", "\"\"", "a b", "\"a", "\"a\\x\"", "\"é\"", "a\"b", String(repeating: "x", count: 256)]
    )
    func syntax(_ key: String) async throws {
        let reply = try await submit(key, as: api.header([.jobsWrite]))
        #expect(reply.status == 400)
        #expect(try reply.places == ["Idempotency-Key"])
    }

    @Test("a word and the same text in quotes are the same key")
    func spelling() async throws {
        let who = try await api.header([.jobsWrite])
        let id = try await submit("8e03978e-40d5", as: who).string("id")
        #expect(try await submit("\"8e03978e-40d5\"", as: who).string("id") == id)
    }

    @Test("an id of the client's own and a key do not go together")
    func exclusive() async throws {
        let id = JobIDGenerator().next(at: api.clock.now().wall)
        let reply = try await submit("k", #"{"type":"Import","id":"\#(id)"}"#, as: api.header([.jobsWrite]))
        #expect(try (reply.status, reply.places) == (422, ["/id"]))
    }

    // MARK: - Bulk

    private func bulk(_ body: String, _ key: String? = "k", as who: HTTPFields) async throws -> Reply {
        var headers = who
        if let key { headers[.init("Idempotency-Key") ?? .cookie] = key }
        return try await api.send(.post, "/api/jobs/bulk", body, headers: headers)
    }

    @Test("many jobs are stored together, once")
    func bulkTogether() async throws {
        let who = try await api.header([.jobsWrite])
        let body = #"{"jobs":[{"type":"Import"},{"type":"Export"},{"type":"Import"}]}"#
        let reply = try await bulk(body, as: who)
        #expect(reply.status == 202)
        let ids = try #require(try reply.member("ids")).elements().compactMap(\.stringValue)
        #expect(Set(ids).count == 3)
        let again = try await bulk(body, as: who)
        #expect(again.headers[.idempotencyReplayed] == "true")
        #expect(again.text == reply.text)
        #expect(try await api.memory.jobs(JobFilter(), page: PageRequest(), scope: .system).jobs.count == 3)
    }

    @Test("one that is refused refuses all, and each is told where it is wrong")
    func bulkAtomic() async throws {
        let who = try await api.header([.jobsWrite])
        let body = #"{"jobs":[{"type":"Import"},{"type":"nope"},{"type":"Import","priority":"x"}]}"#
        let reply = try await bulk(body, as: who)
        #expect(reply.status == 422)
        #expect(try reply.places == ["/jobs/1/type", "/jobs/2/priority"])
        let late = try await bulk(#"{"jobs":[{"type":"Import"},{"type":"Import","queue":""}]}"#, as: who)
        #expect(try (late.status, late.places) == (422, ["/jobs/1/queue"]))
        #expect(try await api.memory.jobs(JobFilter(), page: PageRequest(), scope: .system).jobs.isEmpty)
    }

    @Test("jobs that stand each for themselves are stored or refused one by one")
    func bulkApart() async throws {
        let who = try await api.header([.jobsWrite])
        let body = #"{"atomic":false,"jobs":[{"type":"Import"},{"type":"nope"},{"type":"Import","queue":""}]}"#
        let reply = try await bulk(body, as: who)
        #expect(reply.status == 200)
        let results = try #require(try reply.member("results")).elements().map { try $0.object() }
        #expect(results.map { $0["id"] != nil } == [true, false, false])
        #expect(try results[1]["problem"]?.object()["status"]?.int64Value == 422)
        #expect(results[2]["problem"]?.string.contains("/jobs/2/queue") == true)
        #expect(try await api.memory.jobs(JobFilter(), page: PageRequest(), scope: .system).jobs.count == 1)
    }

    @Test("a bulk is known as a whole: more, fewer or other jobs under its key are refused", arguments: [true, false])
    func bulkWhole(_ isAtomic: Bool) async throws {
        let who = try await api.header([.jobsWrite])
        func send(_ jobs: [String]) async throws -> Reply {
            try await bulk(#"{"atomic":\#(isAtomic),"jobs":[\#(jobs.joined(separator: ","))]}"#, as: who)
        }
        let one = #"{"type":"Import"}"#
        let first = try await send([#"{"type":"nope"}"#, one, one].filter { !isAtomic || $0 == one })
        #expect(first.status == (isAtomic ? 202 : 200))
        let same = [#"{"type":"nope"}"#, #"{ "type" : "Import" }"#, one].filter { !isAtomic || !$0.contains("nope") }
        // The problem of the first job names the request that it came of.
        let requestID = /"requestId":"[^"]*"/
        #expect(try await send(same).text.replacing(requestID, with: "") == first.text.replacing(requestID, with: ""))
        for jobs in [[one], [one, one, one, one, one], [one, #"{"type":"Export"}"#]] {
            let other = try await send(jobs)
            #expect(try (other.status, other.problem) == (422, "idempotency-mismatch"))
            #expect(other.text.contains("Idempotency-Key"))
        }
        #expect(try await api.memory.jobs(JobFilter(), page: PageRequest(), scope: .system).jobs.count == 2)
    }

    @Test("a bulk says which jobs were there and which it replaced")
    func bulkOutcomes() async throws {
        let who = try await api.header([.jobsWrite])
        let jobs = #"[{"type":"Import","uniqueKey":"u"},{"type":"Import","uniqueKey":"v"}]"#
        let ids = try await bulk(#"{"jobs":\#(jobs)}"#, "a", as: who).member("ids")
        let other = jobs.replacing(#""v""#, with: #""v","onConflict":"replace""#)
        let reply = try await bulk(#"{"jobs":\#(other)}"#, "b", as: who)
        #expect(try reply.member("ids")?.string == ids?.string)
        #expect(try reply.member("existing")?.elements().count == 1 && reply.member("replaced")?.elements().count == 1)
        #expect(try await bulk(#"{"jobs":\#(other)}"#, "b", as: who).text == reply.text)
        let apart = try await bulk(#"{"atomic":false,"jobs":\#(other)}"#, "c", as: who)
        #expect(apart.text.contains(#""existing":true"#) && apart.text.contains(#""replaced":true"#))
    }

    @Test("a bulk submit needs a key, and from one to a thousand jobs")
    func bulkLimits() async throws {
        let who = try await api.header([.jobsWrite])
        let reply = try await bulk(#"{"jobs":[{"type":"Import"}]}"#, nil, as: who)
        #expect(try (reply.status, reply.problem) == (400, "idempotency-key-required"))
        #expect(try await bulk(#"{"jobs":[]}"#, as: who).status == 422)
        let many = Array(repeating: #"{"type":"Import"}"#, count: 1001).joined(separator: ",")
        #expect(try await bulk(#"{"jobs":[\#(many)]}"#, as: who).status == 422)
    }
}
#endif
