#if Server && Postgres
import Errand
import Foundation
import PostgresTestServer
import Testing

@Suite("errand serve while PostgreSQL is away", .timeLimit(.minutes(5)))
struct OutageTests {
    private static let requests: [(method: String, path: String)] = [
        ("GET", "/api/jobs"), ("GET", "/api/jobs/1"), ("POST", "/api/jobs"), ("DELETE", "/api/jobs/1"),
        ("GET", "/api/queues"), ("GET", "/api/jobs/1/events"), ("GET", "/api/projects/p/datasets"),
    ]

    @Test("HTTP answers 503 with Retry-After and nothing else, the log is bounded, and work resumes by itself")
    func outage() async throws {
        let database = try PostgresTestServer()
        let folder = try Folder(Schema(on: database.url))
        let slow = Self.waiting(in: folder)
        try folder.write("errand.yaml", "types: {echo: {command: [cat]}, slow: {command: \(slow)}}\n")
        let server = try await Server(in: folder, "--config", "errand.yaml")
        #expect(try await folder.errand("submit", "slow", "--server", server.url).status == 0)
        let watching = try Running(["watch", "1", "--json", "--server", server.url], in: folder)
        while try JSONText(validating: await watching.line(after: "")).object()["status"]?.stringValue != "Running" {}

        let start = ContinuousClock.now
        try database.halt()
        for _ in 0..<10 {
            for (method, path) in Self.requests {
                let answer = try await request(method, server.url + path, in: folder)
                #expect(answer.hasPrefix("HTTP/1.1 503 "), "\(method) \(path): \(answer)")
                #expect(answer.contains("Retry-After: "), "\(answer)")
                #expect(answer.contains("application/problem+json"), "\(answer)")
            }
        }
        let away = start.duration(to: .now)
        try database.resume()

        let back = ContinuousClock.now
        let submitted = try await request("POST", server.url + "/api/jobs", in: folder, "--retry", "9", "--fail")
        #expect(submitted.contains("HTTP/1.1 202 "), "\(submitted)")
        // A server that crashed goes on with another number than the next.
        let document = try JSONText(validating: String(#require(submitted.split(separator: "\r\n").last))).object()
        let id = try #require(document["id"]?.stringValue)
        #expect(try await folder.errand("watch", id, "--server", server.url).status == 0)
        // Promised are five seconds, and `make faults` holds us to it; the machine that tests run on may be busy.
        print("work resumed after \(back.duration(to: .now))")
        try folder.write("gate", "")
        let watched = try await folder.errand("watch", "1", "--json", "--server", server.url)
        #expect(watched.status == 0, "\(watched.errors)")
        #expect(try JSONText(validating: #require(watched.lines.last)).object()["attempt"]?.int64Value == 1)
        _ = await watching.outcome()
        let log = await server.stop()
        #expect(log.status == 0, "\(log.errors)")
        let failed = log.errors.split(separator: "\n").filter { $0.contains("request failed") }
        #expect((1...Int(away / .seconds(1)) + 2).contains(failed.count), "\(failed.count) lines in \(away)")
    }

    /// A command that runs until the folder has a file `gate`, so that nobody who looks at its job comes too late.
    private static func waiting(in folder: Folder) -> String {
        #"[sh, -c, "until [ -e \#(folder.path)/gate ]; do sleep 0.1; done"]"#
    }

    private func request(_ method: String, _ url: String, in folder: Folder, _ more: String...) async throws -> String {
        let body =
            method == "POST" ? ["-H", "Content-Type: application/json", "--data", #"{"type":"echo"}"#] : []
        let arguments = ["curl", "-s", "-i", "--max-time", "20", "-X", method, url] + body + more
        return try await Running(arguments, executable: "/usr/bin/env", in: folder).outcome().output
    }
}
#endif
