#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("Streams", .timeLimit(.minutes(5)))
struct StreamTests {
    private func report(_ progress: Int, _ lease: JobLease, _ api: TestAPI) async throws {
        var report = RunReport(lease: lease)
        report.progress = progress
        _ = try await api.memory.report([report])
    }

    @Test("a job's stream opens at once, tells each state, and ends with the job")
    func job() async throws {
        let api = TestAPI { $0.streamInterval = .milliseconds(1) }
        let id = try await api.submit()
        try await withServer(api) { port, _ in
            try await RawConnection.with(port: port) { client in
                try await client.request("GET /api/jobs/\(id)/events", ["Accept: text/event-stream"])
                let head = try await client.read(through: "\r\n\r\n").lowercased()
                #expect(head.hasPrefix("http/1.1 200"))
                #expect(head.contains("content-type: text/event-stream"))
                #expect(head.contains("cache-control: no-store"))
                #expect(head.contains("x-accel-buffering: no"))
                #expect(try await client.read(through: "retry: 3").contains(": errand\n"))
                #expect(try await client.read(through: "\n\n").count <= 8)
                let first = try await client.read(through: "\n\n")
                #expect(first.contains("id: 1\nevent: job\ndata: {\"id\":\"\(id)\""))
                #expect(first.contains("\"status\":\"Queued\""))
                let lease = try await api.claim()
                #expect(try await client.read(through: "\n\n").contains("\"status\":\"Running\""))
                try await report(40, lease, api)
                #expect(try await client.read(through: "\n\n").contains("\"progress\":40"))
                try await api.settle(lease, .complete(JobResult(.emptyObject)))
                let last = try await client.read(through: "\n\n")
                #expect(last.contains("id: 4\nevent: job\n"))
                #expect(last.contains("\"status\":\"Completed\""))
                #expect(
                    try await client.read(through: "\n\n")
                        .contains("event: end\ndata: {\"id\":\"\(id)\",\"status\":\"Completed\"}")
                )
                _ = try await client.read(through: "0\r\n\r\n")
            }
        }
    }

    @Test("no more streams are opened than a tenant may have, and a closed one makes room")
    func limit() async throws {
        let api = TestAPI { $0.quotas.streams = 1 }
        let id = try await api.submit()
        try await withServer(api) { port, _ in
            try await RawConnection.with(port: port) { client in
                try await client.request("GET /api/jobs/\(id)/events")
                _ = try await client.read(through: "\"status\":\"Queued\"")
                for path in ["/api/jobs/\(id)/events", "/api/events"] {
                    let refused = try await api.get(path)
                    #expect(refused.status == 429 && refused.headers[.retryAfter] == "10")
                    #expect(try refused.string("type")?.hasSuffix("#quota-exceeded") == true)
                }
                try await api.settle(api.claim(), .complete(JobResult()))
                _ = try await client.read(through: "0\r\n\r\n")
            }
            let other = try await api.submit()
            try await RawConnection.with(port: port) { client in
                try await client.request("GET /api/jobs/\(other)/events")
                #expect(try await client.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 200"))
            }
        }
    }

    @Test("a slow interval holds progress back, but never the end")
    func pace() async throws {
        let api = TestAPI { $0.streamInterval = .seconds(3600) }
        let id = try await api.submit()
        try await withServer(api) { port, _ in
            try await RawConnection.with(port: port) { client in
                try await client.request("GET /api/jobs/\(id)/events")
                _ = try await client.read(through: "\"status\":\"Queued\"")
                let lease = try await api.claim()
                for progress in 1...50 { try await report(progress, lease, api) }
                try await api.settle(lease, .complete(JobResult()))
                let rest = try await client.read(through: "event: end")
                #expect(rest.contains("\"status\":\"Completed\""))
                #expect(!rest.contains("\"status\":\"Running\""))
            }
        }
    }

    @Test("a stream without news beats, in a comment and in an event without id")
    func heartbeat() async throws {
        let api = TestAPI { $0.heartbeatInterval = .milliseconds(5) }
        let id = try await api.submit()
        try await withServer(api) { port, _ in
            try await RawConnection.with(port: port) { client in
                try await client.request("GET /api/jobs/\(id)/events", ["Last-Event-ID: 1"])
                let opening = try await client.read(through: "event: heartbeat\ndata: {}\n\n")
                #expect(opening.contains(": heartbeat\n\n"))
                #expect(!opening.contains("event: job"))
                #expect(!opening.contains("id:"))
            }
        }
    }

    @Test("coming back to an ended job ends with 204 for who knows the end, with the end for others")
    func reconnect() async throws {
        let api = TestAPI()
        let id = try await api.complete()
        let rev = try #require(try await api.get("/api/jobs/\(id)").member("rev")?.int64Value)
        let known = try await api.get("/api/jobs/\(id)/events", headers: [.lastEventId: String(rev)])
        #expect((known.status, known.text) == (204, ""))
        for headers in [HTTPFields(), [.lastEventId: String(rev - 1)], [.lastEventId: "x"]] {
            let other = try await api.get("/api/jobs/\(id)/events", headers: headers)
            #expect(other.status == 200)
            #expect(other.text.contains("id: \(rev)\nevent: job\n"))
            #expect(other.text.contains("event: end\n"))
        }
        #expect(try await api.get("/api/jobs/\(id)/events", headers: [.accept: "application/json"]).status == 406)
    }

    @Test("every event's data is one line, whatever the job holds")
    func lines() async throws {
        let api = TestAPI()
        let id = try await api.complete(JobResult(try JSONText(validating: "{\n\"a\":\r\n1}")))
        let text = try await api.get("/api/jobs/\(id)/events").text
        for line in text.split(separator: "\n") {
            #expect([":", "retry: ", "id: ", "event: ", "data: {"].contains { line.hasPrefix($0) }, "\(line)")
        }
    }

    @Test("a job that ends and is deleted at once ends its stream")
    func deletion() async throws {
        let api = TestAPI()
        let id = try await api.submit()
        try await withServer(api) { port, _ in
            try await RawConnection.with(port: port) { client in
                try await client.request("GET /api/jobs/\(id)/events")
                _ = try await client.read(through: "event: job")
                _ = try await api.memory.cancel(.id(id), reason: nil, scope: .default)
                try await api.memory.delete(.id(id), scope: .default)
                _ = try await client.read(through: "event: end")
                _ = try await client.read(through: "0\r\n\r\n")
            }
        }
    }

    @Test("the stream of all jobs starts with a reset and tells the jobs that pass its filter")
    func tenant() async throws {
        let api = TestAPI { $0.streamInterval = .milliseconds(1) }
        try await withServer(api) { port, _ in
            try await RawConnection.with(port: port) { client in
                try await client.request("GET /api/events?types=Export")
                _ = try await client.read(through: "event: reset\ndata: {}\n\n")
                // The server subscribes before it sends the reset, so nothing from here on is missed.
                _ = try await api.memory.insert([NewJob(type: "Export")], scope: .tenant("other"))
                _ = try await api.submit("Import")
                let id = try await api.submit("Export")
                let event = try await client.read(through: "\"links\"")
                #expect(event.contains("event: job\ndata: {\"id\":\"\(id)\""))
                #expect(!event.contains("Import"))
                _ = try await api.memory.cancel(.id(id), reason: nil, scope: .default)
                _ = try await client.read(through: "\"status\":\"Cancelled\"")
                try await api.memory.delete(.id(id), scope: .default)
                _ = try await client.read(through: "event: deleted\ndata: {\"id\":\"\(id)\"}\n\n")
            }
        }
    }

    @Test("a graceful shutdown ends the streams")
    func shutdown() async throws {
        let api = TestAPI()
        let id = try await api.submit()
        try await withServer(api) { port, shutdown in
            try await RawConnection.with(port: port) { client in
                try await client.request("GET /api/jobs/\(id)/events")
                _ = try await client.read(through: "event: job")
                await shutdown()
                #expect(try await client.readToEnd().hasSuffix("0\r\n\r\n"))
            }
        }
    }

    @Test("a client that leaves ends its stream")
    func leaving() async throws {
        let api = TestAPI()
        let id = try await api.submit()
        try await withServer(api) { port, _ in
            try await RawConnection.with(port: port) { client in
                try await client.request("GET /api/jobs/\(id)/events")
                _ = try await client.read(through: "event: job")
            }
            // The server only stops when no stream is open: the end of this test is the proof.
        }
    }
}
#endif
