#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("What a reader asks for beside the job", .timeLimit(.minutes(5)))
struct IncludeTests {
    private func job(_ api: TestAPI) async throws -> JobID {
        let id = try await api.submit { job in
            job.payload = JSONText(trusted: #"{"n":1.50,"db":{"Password":"x","list":[{"api_key":5}]},"tokens":null}"#)
        }
        let lease = try await api.claim()
        var report = RunReport(lease: lease)
        report.logs = [LogLine(at: api.clock.now().wall, level: .info, message: "began")]
        _ = try await api.memory.report([report])
        try await api.settle(lease, .fail(JobFailure(code: "c", message: "m"), retryAfter: nil))
        return id
    }

    @Test("payload, attempts and log lines come where they are asked for, and only there")
    func parts() async throws {
        let api = TestAPI()
        let id = try await job(api)
        let plain = try await api.get("/api/jobs/\(id)")
        for name in ["payload", "attempts", "logs"] { #expect(try plain.member(name) == nil) }
        let reply = try await api.get("/api/jobs/\(id)?include=payload,attempts&include=logs")
        #expect(try reply.member("payload")?.object()["n"]?.string == "1.50")
        #expect(try reply.member("attempts")?.elements().count == 1)
        #expect(try reply.member("logs")?.elements().first?.object()["message"]?.stringValue == "began")
        #expect(reply.headers[.eTag] != plain.headers[.eTag])
    }

    @Test("what looks like a secret is shown to administrators alone")
    func redacted() async throws {
        let api = TestAPI.withKeys()
        let id = try await job(api)
        let path = "/api/jobs/\(id)?include=payload"
        let reader = try await api.header([.jobsRead], for: .default)
        let reply = try await api.get(path, headers: reader)
        let shown = #"{"n":1.50,"db":{"Password":"[redacted]","list":[{"api_key":"[redacted]"}]},"tokens":null}"#
        #expect(try reply.member("payload")?.string == shown)
        let admin = try await api.get(path, headers: try await api.header([.admin], for: .default))
        #expect(try admin.member("payload")?.string.contains(#""Password":"x""#) == true)
        #expect(admin.headers[.eTag] != reply.headers[.eTag])
    }

    @Test("lines that are added to a log make another tag")
    func logTag() async throws {
        let api = TestAPI()
        let id = try await api.submit()
        let lease = try await api.claim()
        let before = try await api.get("/api/jobs/\(id)?include=logs").headers[.eTag]
        var report = RunReport(lease: lease)
        report.logs = [LogLine(at: api.clock.now().wall, level: .info, message: "more")]
        _ = try await api.memory.report([report])
        let headers: HTTPFields = [.ifNoneMatch: try #require(before)]
        #expect(try await api.get("/api/jobs/\(id)?include=logs", headers: headers).status == 200)
        #expect(try await api.get("/api/jobs/\(id)?include=attempts").headers[.eTag] != before)
    }

    @Test("what cannot be included is refused")
    func unknown() async throws {
        let api = TestAPI()
        let id = try await api.submit()
        #expect(try await api.get("/api/jobs/\(id)?include=internalData").status == 400)
        #expect(try await api.get("/api/jobs/\(id)?includes=payload").status == 400)
    }
}
#endif
