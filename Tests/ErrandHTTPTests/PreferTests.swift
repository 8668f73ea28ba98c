#if Server
import Errand
import ErrandTesting
import HTTPTypes
import Hummingbird
import Testing

@testable import ErrandHTTP

@Suite("What a client prefers (RFC 7240)", .timeLimit(.minutes(5)))
struct PreferTests {
    /// An API whose waits end when its clock is moved.
    private static func api() -> TestAPI {
        TestAPI { options in
            guard let clock = options.clock as? ManualClock else { return }
            options.sleep = { try await clock.sleep(until: clock.steadyNow.advanced(by: $0)) }
        }
    }

    private let api = Self.api()

    private func submit(_ prefer: String, _ body: String = #"{"type":"Import"}"#) async throws -> Reply {
        try await api.send(.post, "/api/jobs", body, headers: [.prefer: prefer])
    }

    @Test("a submit that waits is answered with the ended job as soon as it has ended")
    func waiting() async throws {
        async let reply = submit("wait=10")
        // The wait and nothing else sleeps on the clock.
        await api.clock.sleepers(atLeast: 1)
        try await api.settle(api.claim(), .complete(JobResult(JSONText(validating: "{\"rows\":3}"))))
        let done = try await reply
        #expect(done.status == 200)
        #expect(try done.string("status") == "Completed")
        #expect(try done.member("result")?.string == "{\"rows\":3}")
        #expect(done.headers[.preferenceApplied] == "wait=10")
        #expect(done.headers[.location] != nil && done.headers[.retryAfter] == nil)
    }

    @Test("a submit that has waited in vain is accepted, with the job as it is by then")
    func inVain() async throws {
        async let reply = submit("respond-async, wait=10")
        await api.clock.sleepers(atLeast: 1)
        _ = try await api.claim()
        api.clock.advance(by: .seconds(10))
        let accepted = try await reply
        #expect(accepted.status == 202)
        #expect(try accepted.string("status") == "Running")
        #expect(accepted.headers[.retryAfter] != nil)
        #expect(accepted.headers[.preferenceApplied] == "wait=10")
    }

    @Test("nobody waits for longer than a minute")
    func clamped() async throws {
        async let reply = submit("wait=4000000000")
        await api.clock.sleepers(atLeast: 1)
        api.clock.advance(by: .seconds(60))
        let accepted = try await reply
        #expect(accepted.status == 202 && accepted.headers[.preferenceApplied] == "wait=60")
    }

    @Test(
        "what is not understood is passed over",
        arguments: [
            "wait=-1", "wait=x", "wait", "wait=", "soon", ";", ",", "", "=", "wait=0", "a=b;c=\"d\"", "wait=\"0\"",
        ]
    )
    func unknown(_ prefer: String) async throws { #expect(try await submit(prefer).status == 202) }

    @Test("an answer without a body, and one at once, are given and said to be")
    func minimal() async throws {
        let minimal = try await submit("return=minimal")
        #expect(minimal.status == 202 && minimal.text.isEmpty)
        #expect(minimal.headers[.location] != nil)
        #expect(minimal.headers[.preferenceApplied] == "return=minimal")
        #expect(try await submit("respond-async").headers[.preferenceApplied] == "respond-async")
        #expect(try await submit("return=representation").string("status") == "Queued")
    }

    @Test("unknown fields are passed over for whoever says so, and named")
    func lenient() async throws {
        let body = #"{"type":"Import","colour":"red","payload":{}}"#
        #expect(try await submit("handling=strict", body).status == 422)
        let reply = try await submit("handling=lenient", body)
        #expect(reply.status == 202)
        #expect(try reply.member("warnings")?.string.contains("colour") == true)
        #expect(try await submit("handling=lenient", #"{"type":"Import","priority":"high"}"#).status == 422)
    }

    @Test("a poll that waits is answered when the job has changed, or 304 when it has not")
    func polling() async throws {
        let id = try await api.submit()
        let tag = try #require(try await api.get("/api/jobs/\(id)").headers[.eTag])
        let headers: HTTPFields = [.ifNoneMatch: tag, .prefer: "wait=10"]
        async let changed = api.get("/api/jobs/\(id)", headers: headers)
        await api.clock.sleepers(atLeast: 1)
        _ = try await api.claim()
        let running = try await changed
        #expect(running.status == 200)
        #expect(try running.string("status") == "Running")
        let now = try #require(running.headers[.eTag])
        async let same = api.get("/api/jobs/\(id)", headers: [.ifNoneMatch: now, .prefer: "wait=10"])
        await api.clock.sleepers(atLeast: 1)
        api.clock.advance(by: .seconds(10))
        let unchanged = try await same
        #expect(unchanged.status == 304 && unchanged.headers[.eTag] == now && unchanged.text.isEmpty)
        #expect(unchanged.headers[.preferenceApplied] == "wait=10")
    }

    @Test("a job that falls due while somebody waits has changed")
    func fallingDue() async throws {
        let id = try await api.submit { $0.delaySeconds = 5 }
        let scheduled = try await api.get("/api/jobs/\(id)")
        #expect(try scheduled.string("substate") == "scheduled")
        let headers: HTTPFields = [.ifNoneMatch: try #require(scheduled.headers[.eTag]), .prefer: "wait=60"]
        async let changed = api.get("/api/jobs/\(id)", headers: headers)
        await api.clock.sleepers(atLeast: 2)
        api.clock.advance(by: .seconds(5))
        #expect(try await changed.string("substate") == "ready")
    }
}
#endif
