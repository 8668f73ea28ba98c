#if Server
import Errand
import ErrandTesting
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("The audit of operators", .timeLimit(.minutes(2)))
struct AuditTests {
    private func entries(_ api: TestAPI, _ headers: HTTPFields, _ query: String = "") async throws -> [JSONObject] {
        let reply = try await api.get("/api/audit\(query)", headers: headers)
        #expect(reply.status == 200, "\(reply.text)")
        return try reply.json.elements().map { try $0.object() }
    }

    @Test("what was done is noted with who did it to what; what was refused, read or submitted is not")
    func noted() async throws {
        let api = TestAPI.withKeys()
        let (key, headers) = try await api.key([.admin, .queuesOperate])
        let id = try await api.submit()
        #expect(try await api.send(.post, "/api/jobs", #"{"type":"Import"}"#, headers: headers).status == 202)
        #expect(try await api.get("/api/jobs", headers: headers).status == 200)
        var named = headers
        named[.requestId] = "operator-1"
        #expect(try await api.send(.post, "/api/jobs/\(id)/cancel", headers: named).status == 200)
        #expect(try await api.send(.post, "/api/jobs/\(id)/cancel", headers: headers).status == 409)
        #expect(try await api.send(.post, "/api/queues/import/pause", headers: headers).status == 200)
        let noted = try await entries(api, headers)
        #expect(noted.map { $0["operation"]?.stringValue } == ["pauseQueue", "cancelJob"])
        let cancel = try #require(noted.last)
        #expect(cancel["actor"]?.stringValue == "key:\(key.id)")
        #expect(cancel["actorName"]?.stringValue == "test")
        #expect(cancel["target"]?.stringValue == "/api/jobs/\(id)/cancel")
        #expect(cancel["tenantId"]?.stringValue == "default")
        #expect(cancel["requestId"]?.stringValue == "operator-1")
        #expect(cancel["at"]?.stringValue == RFC3339.format(api.clock.now().wall))
    }

    @Test("a tenant sees its own, filtered and page by page; a cursor of another list is refused")
    func pages() async throws {
        let api = TestAPI.withKeys()
        let own = try await api.header([.admin, .queuesOperate])
        let other = try await api.header([.admin, .queuesOperate], for: .tenant("other"))
        let all = try await api.header([.admin, .queuesOperate], for: .system)
        for queue in ["a", "b", "c"] as [Name] {
            _ = try await api.memory.insert([NewJob(type: "Import", queue: queue)], scope: .default)
            let paused = try await api.send(.post, "/api/queues/\(queue)/pause", headers: own)
            #expect(paused.status == 200, "\(paused.text)")
        }
        #expect(try await entries(api, other).isEmpty)
        #expect(try await entries(api, all).count == 3)
        #expect(try await entries(api, own, "?operation=resumeQueue").isEmpty)
        let first = try await api.get("/api/audit?operation=pauseQueue&limit=2", headers: own)
        let link = try #require(first.headers[.link]?.split(separator: "<").first?.split(separator: ">").first)
        let rest = try await api.get(String(link), headers: own)
        #expect(try rest.json.elements().map { try $0.object()["target"]?.stringValue } == ["/api/queues/a/pause"])
        #expect(rest.headers[.link] == nil)
        #expect(try await api.get(String(link), headers: other).status == 400)
        let words = String(link).replacing("operation=pauseQueue", with: "operation=resumeQueue")
        #expect(try await api.get(words, headers: own).status == 400)
    }
}
#endif
