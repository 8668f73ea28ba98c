#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("Every text from outside is bounded", .timeLimit(.minutes(5)))
struct TextLimitTests {
    private static let long = String(repeating: "x", count: 5000)
    private static let name = String(repeating: "n", count: 201)

    /// A body with a text that is too long, and where it is.
    struct Attempt: Sendable, CustomTestStringConvertible {
        let path: String
        let body: String
        let place: String
        var testDescription: String { "\(path) \(place)" }
    }

    static let attempts =
        [
            Attempt(path: "/api/jobs/JOB/cancel", body: #"{"reason":"\#(long)"}"#, place: "/reason"),
            Attempt(path: "/api/jobs/bulk/cancel", body: #"{"ids":["JOB"],"reason":"\#(long)"}"#, place: "/reason"),
            Attempt(
                path: "/api/jobs/bulk/retry",
                body: #"{"filter":{},"confirmToken":"\#(long)"}"#,
                place: "/confirmToken"
            ),
            Attempt(path: "/api/queues/import/pause", body: #"{"reason":"\#(long)"}"#, place: "/reason"),
            Attempt(path: "/api/stream-tickets", body: #"{"path":"/api/jobs/\#(long)/events"}"#, place: "/path"),
            Attempt(
                path: "/api/keys",
                body: #"{"name":"k","scopes":["jobs:read"],"tenantId":"\#(name)"}"#,
                place: "/tenantId"
            ),
            Attempt(path: "/api/keys", body: #"{"name":"k","scopes":["jobs:read"],"tenantId":""}"#, place: "/tenantId"),
            Attempt(
                path: "/api/keys",
                body: #"{"name":"k","scopes":["jobs:read"],"projects":["p","\#(name)"]}"#,
                place: "/projects"
            ),
            Attempt(
                path: "/api/worker/sessions",
                body: #"{"name":"w","types":["Import"],"queues":["\#(name)"]}"#,
                place: "/queues"
            ),
            Attempt(path: "/api/worker/claim", body: #"{"workerId":"w","types":["\#(name)"]}"#, place: "/types"),
        ]
        + ["projectId", "queue", "createdBy", "type"].map { field in
            let body = #"{"dryRun":true,"filter":{"\#(field)":"\#(name)"}}"#
            return Attempt(path: "/api/jobs/bulk/cancel", body: body, place: "/filter/\(field)")
        }
        + ["tag", "q"].map { field in
            let body = #"{"dryRun":true,"filter":{"\#(field)":"\#(long)"}}"#
            return Attempt(path: "/api/jobs/bulk/cancel", body: body, place: "/filter/\(field)")
        }

    @Test("what is longer is refused with a pointer, and nothing is done", arguments: attempts)
    func refused(_ attempt: Attempt) async throws {
        let api = TestAPI()
        let id = try await api.submit()
        let path = attempt.path.replacing("JOB", with: id.description)
        let body = attempt.body.replacing("JOB", with: id.description)
        let reply = try await api.send(.post, path, body)
        #expect(try (reply.status, reply.places) == (422, [attempt.place]), "\(reply.text.prefix(300))")
        #expect(try await api.memory.job(.id(id), scope: .default).status == .queued)
        #expect(reply.text.utf8.count < 1000)
    }

    @Test("a reason of 4 KiB is kept whole")
    func whole() async throws {
        let api = TestAPI()
        let id = try await api.submit()
        let reason = String(repeating: "é", count: 2048)
        #expect(try await api.send(.post, "/api/jobs/\(id)/cancel", #"{"reason":"\#(reason)"}"#).status == 200)
        #expect(try await api.memory.job(.id(id), scope: .default).error == reason)
    }
}
#endif
