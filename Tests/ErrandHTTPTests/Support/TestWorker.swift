#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

/// A worker elsewhere, as its requests look.
struct TestWorker: Sendable {
    let api: TestAPI
    var header: HTTPFields = [:]

    init(_ api: TestAPI, header: HTTPFields = [:]) {
        self.api = api
        self.header = header
    }

    func send(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: String? = nil,
        headers: HTTPFields = [:]
    ) async throws -> Reply {
        try await api.send(method, path, body, headers: header.merging(headers))
    }

    func open(_ body: String) async throws -> Reply { try await send(.post, "/api/worker/sessions", body) }

    /// Opens a session, or goes on with one.
    func session(slots: Int = 10, as id: String? = nil) async throws -> String {
        let known = id.map { ",\"workerId\":\"\($0)\"" } ?? ""
        let reply = try await open("{\"name\":\"w\",\"types\":[\"Import\"],\"slots\":\(slots)\(known)}")
        return try #require(try reply.string("workerId"))
    }

    func claim(_ id: String, max: Int = 1, _ more: String = "") async throws -> [Job] {
        let reply = try await send(.post, "/api/worker/claim", "{\"workerId\":\"\(id)\",\"max\":\(max)\(more)}")
        guard reply.status == 200 else {
            #expect(reply.status == 204, "\(reply.text)")
            return []
        }
        let jobs = try #require(try reply.member("jobs")).elements()
        return try jobs.map { try Job(worker: self, json: $0.object()) }
    }

    /// Sends a heartbeat; answers what became of each job.
    func beat(_ id: String, _ jobs: Job...) async throws -> [JSONObject] {
        let held = jobs.map { "{\"id\":\"\($0.id)\",\"fence\":\($0.fence),\"token\":\"\($0.token)\"}" }
        let body = "{\"state\":\"run\",\"jobs\":[\(held.joined(separator: ","))]}"
        let reply = try await send(.post, "/api/worker/sessions/\(id)/heartbeat", body)
        #expect(reply.status == 200, "\(reply.text)")
        return try #require(try reply.member("jobs")).elements().map { try $0.object() }
    }

    /// A job that it has claimed.
    struct Job {
        var worker: TestWorker
        let json: JSONObject
        let id: JobID
        let fence: Int64
        var token: String

        init(worker: TestWorker, json: JSONObject) throws {
            self.worker = worker
            self.json = json
            id = try #require(json["id"]?.stringValue.flatMap { JobID($0) })
            let lease = try #require(try json["lease"]?.object())
            fence = try #require(lease["fence"]?.int64Value)
            token = try #require(lease["token"]?.stringValue)
        }

        var headers: HTTPFields { [.jobLease: token, .jobFence: "\(fence)"] }

        func post(_ call: String, _ body: String) async throws -> Reply { try await send(.post, call, body) }

        func send(_ method: HTTPRequest.Method, _ call: String, _ body: String) async throws -> Reply {
            try await worker.send(method, "/api/worker/jobs/\(id)/\(call)", body, headers: headers)
        }

        func upload(_ content: String) async throws -> Reply {
            var headers = headers
            headers[.contentType] = "text/plain"
            let path = "/api/worker/jobs/\(id)/result-upload?filename=out.bin"
            return try await worker.send(.post, path, content, headers: headers)
        }
    }
}

extension HTTPFields {
    fileprivate func merging(_ other: HTTPFields) -> HTTPFields {
        var fields = self
        for field in other { fields[field.name] = field.value }
        return fields
    }
}
#endif
