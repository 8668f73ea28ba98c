#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("Times from outside", .timeLimit(.minutes(5)))
struct MomentTests {
    /// What no operation takes; some are no times at all.
    static let refused = [
        "0001-01-01T00:00:00Z", "1600-01-01T00:00:00Z", "1900-01-01T00:00:00Z", "1960-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.9999Z", "1970-01-01T00:00:00+00:01", "10000-01-01T00:00:00Z",
        "+99999-01-01T00:00:00Z", "9999-12-31T23:59:59-00:01", "2026-06-01T12:00:60Z", "2025-02-29T00:00:00Z", "soon",
    ]
    /// What every operation takes, and what it is then.
    static let taken = [
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"), ("1970-01-01T00:00:00-00:01", "1970-01-01T00:01:00Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999Z"), ("2099-01-01T01:00:00+01:00", "2099-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.9999Z", "9999-12-31T23:59:59.999Z"),
        ("9999-12-31T23:59:59+23:59", "9999-12-31T00:00:59Z"),
    ]

    /// Asks each operation that takes a time; answers the pointers or parameters that were refused.
    private func answers(_ api: TestAPI, _ time: String) async throws -> [(what: String, reply: Reply)] {
        let failed = try await api.submit()
        _ = try await api.memory.cancel(.id(failed), reason: nil, scope: .default)
        let other = try await api.submit()
        _ = try await api.memory.cancel(.id(other), reason: nil, scope: .default)
        let queued = try await api.submit()
        let tag = try #require(try await api.get("/api/jobs/\(queued)").headers[.eTag])
        let body = "\"runAt\":\"\(time)\""
        let key: HTTPFields = [try #require(HTTPField.Name("Idempotency-Key")): "key"]
        let jobs = "{\"jobs\":[{\"type\":\"Import\",\(body)}]}"
        let query = time.replacing("+", with: "%2B")
        return [
            ("submit", try await api.send(.post, "/api/jobs", "{\"type\":\"Import\",\(body)}")),
            ("submits", try await api.send(.post, "/api/jobs/bulk", jobs, headers: key)),
            ("retry", try await api.send(.post, "/api/jobs/\(failed)/retry", "{\(body)}")),
            ("retries", try await api.send(.post, "/api/jobs/bulk/retry", "{\"ids\":[\"\(other)\"],\(body)}")),
            ("amend", try await api.send(.patch, "/api/jobs/\(queued)", "{\(body)}", headers: [.ifMatch: tag])),
            ("reschedule", try await api.send(.post, "/api/jobs/bulk/reschedule", "{\"ids\":[\"\(queued)\"],\(body)}")),
            ("list", try await api.get("/api/jobs?createdAfter=\(query)")),
            ("audit", try await api.get("/api/audit?before=\(query)")),
            (
                "filter",
                try await api.send(
                    .post,
                    "/api/jobs/bulk/retry",
                    "{\"filter\":{\"createdBefore\":\"\(time)\"},\"dryRun\":true}"
                )
            ),
        ]
    }

    @Test("what cannot be kept is refused by every operation, and nothing was done", arguments: refused)
    func refuses(_ time: String) async throws {
        let api = TestAPI()
        for (what, reply) in try await answers(api, time) {
            let status = what == "list" || what == "audit" ? 400 : 422
            #expect(reply.status == status, "\(what): \(reply.text)")
            #expect(try reply.string("detail")?.contains("it must be") == true || status == 400, "\(reply.text)")
        }
        let jobs = try await api.memory.jobs(JobFilter(), page: PageRequest(), scope: .default).jobs
        #expect(jobs.count == 3 && jobs.count { $0.status == .cancelled } == 2)
    }

    @Test("what can be kept is taken by every operation, to the millisecond", arguments: taken)
    func takes(_ time: String, _ kept: String) async throws {
        let api = TestAPI()
        for (what, reply) in try await answers(api, time) {
            #expect((200..<300).contains(reply.status), "\(what): \(reply.text)")
        }
        let jobs = try await api.memory.jobs(JobFilter(), page: PageRequest(), scope: .default).jobs
        #expect(jobs.count == 5 && jobs.allSatisfy { RFC3339.format($0.runAt) == kept && $0.status == .queued })
    }

    @Test("a job that an older version stored with an odd time is claimed, listed and explained")
    func stored() async throws {
        let api = TestAPI()
        let id = try await api.submit()
        for milliseconds in [Int64.min, -11_676_096_000_000, .max] {
            var job = try await api.memory.job(.id(id), scope: .default)
            job.runAt = Date(milliseconds: milliseconds)
            #expect(JobJSON(job: job, now: api.clock.now().wall).isWritten)
            RunMetrics(type: "odd", queue: "odd").wait(api.clock.now().wall.timeIntervalSince(job.runAt))
            let claimed = ClaimedJob(
                lease: JobLease(id: id, number: 1, fence: .max),
                type: "odd",
                queue: "odd",
                payload: .emptyObject,
                createdAt: job.runAt,
                runAt: job.runAt
            )
            #expect(GrantedJob(claimed, lease: .seconds(Int64.max), now: job.runAt).isWritten)
        }
    }
}

extension JobJSON {
    fileprivate var isWritten: Bool {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.text.kind == .object
    }
}

extension GrantedJob {
    fileprivate var isWritten: Bool {
        var writer = JSONWriter()
        write(to: &writer, tokens: LeaseTokens(secret: [1]), scope: .default)
        return writer.text.kind == .object
    }
}
#endif
