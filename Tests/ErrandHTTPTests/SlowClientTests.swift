#if Server
import Errand
import ErrandTesting
import Testing

@testable import ErrandHTTP

/// Each test ends when the server closes; how soon it does is for `Scripts/faults/hostile_clients.py`.
@Suite("Slow clients (F31)", .timeLimit(.minutes(5)))
struct SlowClientTests {
    private static func server(
        _ test: @Sendable (_ port: Int, _ api: TestAPI) async throws -> Void
    ) async throws {
        let api = TestAPI { options in
            options.patience.head = .milliseconds(100)
            options.patience.body = .milliseconds(100)
            options.patience.answer = .milliseconds(100)
        }
        try await withServer(api) { port, _ in try await test(port, api) }
    }

    @Test("a head that does not end is refused, on a new connection and on a used one", arguments: [false, true])
    func head(_ isUsed: Bool) async throws {
        try await Self.server { port, _ in
            try await RawConnection.with(port: port) { client in
                if isUsed {
                    try await client.request("GET /livez")
                    #expect(try await client.read(through: "ok\n").hasPrefix("HTTP/1.1 200"))
                }
                try await client.send("GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
                let reply = try await client.readToEnd()
                #expect(reply.hasPrefix("HTTP/1.1 408 "), "\(reply)")
                #expect(reply.contains("/problems/request-timeout"))
            }
        }
    }

    @Test(
        "a body that does not come is refused, and nothing is done",
        arguments: ["/api/jobs", "/api/uploads?filename=a"]
    )
    func body(_ path: String) async throws {
        try await Self.server { port, api in
            try await RawConnection.with(port: port) { client in
                let type = path == "/api/jobs" ? "application/json" : "text/csv"
                // All at once: what comes after the server has given up would take its answer away.
                try await client.send(
                    "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: \(type)\r\n"
                        + "Content-Length: 100\r\n\r\n{\"type\":\"Import\""
                )
                let reply = try await client.readToEnd()
                #expect(reply.hasPrefix("HTTP/1.1 408 "), "\(reply)")
            }
            #expect(try await api.memory.jobs(JobFilter(), page: PageRequest(), scope: .system).jobs.isEmpty)
            #expect(api.objects.keys.isEmpty)
        }
    }

    @Test("what is sent after its answer is read for a while only")
    func lingering() async throws {
        try await Self.server { port, _ in
            try await RawConnection.with(port: port) { client in
                try await client.send(
                    "POST /nothing HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Length: 1000000\r\n\r\nx"
                )
                #expect(try await client.readToEnd().hasPrefix("HTTP/1.1 404 "))
            }
        }
    }

    @Test("a client that does not take its answers is let go")
    func answers() async throws {
        try await Self.server { port, api in
            var job = NewJob(type: "Import")
            job.metadata = try JSONText(validating: "{\"text\":\"\(String(repeating: "x", count: 1000))\"}")
            _ = try await api.memory.insert(Array(repeating: job, count: 1000), scope: .default)
            try await RawConnection.with(port: port) { client in
                // A connection that is closed, though nobody reads from it, shows when something is written to it.
                _ = await #expect(throws: (any Error).self) {
                    while true { try await client.request("GET /api/jobs") }
                }
            }
        }
    }

    @Test("a client that is idle between two requests is no slow one")
    func idle() async throws {
        try await Self.server { port, _ in
            try await RawConnection.with(port: port) { client in
                for _ in 0..<3 {
                    try await client.request("GET /livez")
                    #expect(try await client.read(through: "ok\n").hasPrefix("HTTP/1.1 200"))
                    // Another client is given up meanwhile, which takes as long as a slow head may.
                    try await RawConnection.with(port: port) { other in
                        try await other.send("GET / HT")
                        #expect(try await other.readToEnd().hasPrefix("HTTP/1.1 408"))
                    }
                }
            }
        }
    }
}
#endif
