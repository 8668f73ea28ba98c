#if Server
import Errand
import ErrandTesting
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("Quotas of tenants (F30)", .timeLimit(.minutes(2)))
struct QuotaTests {
    private static let job = #"{"type":"Import"}"#

    @Test("requests beyond a minute's are refused until the next, whoever of the tenant makes them")
    func requests() async throws {
        let api = TestAPI.withKeys { $0.quotas.requestsPerMinute = 2 }
        let (one, other) = (try await api.header([.jobsRead]), try await api.header([.jobsRead]))
        let stranger = try await api.header([.jobsRead], for: .tenant("stranger"))
        let first = try await api.get("/api/jobs", headers: one)
        #expect(first.headers[.rateLimitPolicy] == "\"default\";q=2;w=60")
        #expect(first.headers[.rateLimit] == "\"default\";r=1;t=60")
        api.clock.advance(by: .seconds(20))
        // A refusal says it as well.
        let missing = try await api.get("/api/jobs/99", headers: other)
        #expect(missing.status == 404 && missing.headers[.rateLimit] == "\"default\";r=0;t=40")
        for header in [one, other] {
            let refused = try await api.get("/api/jobs", headers: header)
            #expect(refused.status == 429 && refused.headers[.retryAfter] == "40")
            #expect(refused.headers[.rateLimit] == "\"default\";r=0;t=40")
            #expect(try refused.string("type") == "https://iana.org/assignments/http-problem-types#quota-exceeded")
            #expect(try refused.member("violated-policies")?.elements().map(\.stringValue) == ["default"])
        }
        #expect(try await api.get("/api/jobs", headers: stranger).status == 200)
        api.clock.advance(by: .seconds(40))
        #expect(try await api.get("/api/jobs", headers: one).status == 200)
    }

    @Test("workers are not held to the requests of a minute, as a missed heartbeat would cost them what they run")
    func workers() async throws {
        let api = TestAPI.withKeys { $0.quotas.requestsPerMinute = 1 }
        let headers = try await api.header([.jobsRead, .worker])
        #expect(try await api.get("/api/jobs", headers: headers).status == 200)
        #expect(try await api.get("/api/jobs", headers: headers).status == 429)
        let session = #"{"name":"w","types":["Import"],"slots":1}"#
        let opened = try await api.send(.post, "/api/worker/sessions", session, headers: headers)
        let worker = try #require(try opened.string("workerId"))
        let path = "/api/worker/sessions/\(worker)/heartbeat"
        for _ in 0..<3 { #expect(try await api.send(.post, path, "{}", headers: headers).status == 200) }
    }

    @Test("jobs beyond a minute's are refused, one by one or in bulk, and none of them is stored")
    func submits() async throws {
        let api = TestAPI.withKeys { $0.quotas.submitsPerMinute = 3 }
        var headers = try await api.header([.jobsWrite])
        #expect(try await api.send(.post, "/api/jobs", Self.job, headers: headers).status == 202)
        headers[try #require(HTTPField.Name("Idempotency-Key"))] = "bulk"
        let jobs = "{\"jobs\":[\(Self.job),\(Self.job),\(Self.job)]}"
        let refused = try await api.send(.post, "/api/jobs/bulk", jobs, headers: headers)
        #expect(refused.status == 429 && refused.headers[.retryAfter] == "60")
        #expect(try refused.member("violated-policies")?.elements().map(\.stringValue) == ["submit"])
        #expect(try await api.memory.jobs(JobFilter(), page: PageRequest(), scope: .system).jobs.count == 1)
        api.clock.advance(by: .seconds(60))
        #expect(try await api.send(.post, "/api/jobs/bulk", jobs, headers: headers).status == 202)
    }

    @Test("a tenant whose queue is full has to wait, and others do not")
    func depth() async throws {
        let api = TestAPI.withKeys { $0.quotas.queuedJobs = 2 }
        let headers = try await api.header([.jobsWrite], for: .tenant("noisy"))
        for _ in 0..<2 {
            #expect(try await api.send(.post, "/api/jobs", Self.job, headers: headers).status == 202)
        }
        let refused = try await api.send(.post, "/api/jobs", Self.job, headers: headers)
        #expect(try refused.status == 429 && refused.string("detail")?.contains("At most 2 queued jobs") == true)
        let quiet = try await api.header([.jobsWrite], for: .tenant("quiet"))
        #expect(try await api.send(.post, "/api/jobs", Self.job, headers: quiet).status == 202)
        try await api.settle(api.claim(), .complete(JobResult()))
        api.clock.advance(by: .seconds(1))
        #expect(try await api.send(.post, "/api/jobs", Self.job, headers: headers).status == 202)
    }

    @Test("a tenant's jobs beyond those that may run at once wait, and are told why")
    func running() async throws {
        let api = TestAPI.withKeys { $0.quotas.runningJobs = 1 }
        let headers = try await api.header([.jobsWrite, .jobsRead, .jobsOperate, .worker])
        for _ in 0..<2 { #expect(try await api.send(.post, "/api/jobs", Self.job, headers: headers).status == 202) }
        let session = #"{"name":"w","types":["Import"],"slots":2}"#
        let opened = try await api.send(.post, "/api/worker/sessions", session, headers: headers)
        let claim = "{\"workerId\":\"\(try #require(try opened.string("workerId")))\",\"max\":2}"
        let first = try await api.send(.post, "/api/worker/claim", claim, headers: headers)
        #expect(try first.member("jobs")?.elements().count == 1)
        #expect(try await api.send(.post, "/api/worker/claim", claim, headers: headers).status == 204)
        let why = try await api.get("/api/jobs/2/explain", headers: headers)
        #expect(try why.member("reasons")?.string.contains(#""code":"tenant-full""#) == true)
        let run = try await api.memory.job(.number(1), scope: .system)
        let lease = JobLease(id: run.id, number: run.number, fence: run.fence)
        try await api.settle(lease, .complete(JobResult()))
        #expect(try await api.send(.post, "/api/worker/claim", claim, headers: headers).status == 200)
        let full = try await api.get("/api/jobs/2/explain", headers: headers)
        #expect(try full.member("reasons")?.string.contains("tenant-full") == false)
    }

    @Test("nobody submits to Errand's own queues, which quotas do not count")
    func ownQueues() async throws {
        let api = TestAPI.withKeys { $0.quotas.runningJobs = 1 }
        let headers = try await api.header([.jobsWrite])
        let job = #"{"type":"Import","queue":"errand.bulk"}"#
        let refused = try await api.send(.post, "/api/jobs", job, headers: headers)
        #expect(refused.status == 422)
        let codes = try refused.member("errors")?.elements().map { try $0.object()["code"]?.stringValue }
        #expect(codes == ["reserved"])
    }

    @Test("uploads are refused before their bytes are read when they would be too many")
    func uploads() async throws {
        let api = TestAPI.withKeys { $0.quotas.uploadBytes = 10 }
        var headers = try await api.header([.jobsWrite])
        (headers[.contentType], headers[.contentLength]) = ("text/csv", "6")
        #expect(try await api.send(.post, "/api/uploads?filename=a", "123456", headers: headers).status == 201)
        let refused = try await api.send(.post, "/api/uploads?filename=b", "123456", headers: headers)
        #expect(try refused.status == 429 && refused.member("violated-policies") != nil)
        #expect(api.objects.keys.count == 1)
    }

    @Test("without quotas no answer speaks of them, and the installation's own keys have none")
    func none() async throws {
        let free = try await TestAPI().get("/api/jobs")
        #expect(free.headers[.rateLimit] == nil && free.headers[.rateLimitPolicy] == nil)
        let api = TestAPI.withKeys { $0.quotas.requestsPerMinute = 1 }
        let headers = try await api.header([.jobsRead], for: .system)
        for _ in 0..<3 { #expect(try await api.get("/api/jobs", headers: headers).status == 200) }
    }
}
#endif
