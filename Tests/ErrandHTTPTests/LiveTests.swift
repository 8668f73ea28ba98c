#if Server
import Errand
import ErrandTesting
import Testing

@testable import ErrandHTTP

@Suite("Over a socket", .timeLimit(.minutes(5)))
struct LiveTests {
    @Test("requests follow one another on a connection, whatever their answers are")
    func keepAlive() async throws {
        let api = TestAPI()
        let id = try await api.complete()
        try await withServer(api) { port, _ in
            try await RawConnection.with(port: port) { client in
                for (line, status) in [
                    ("GET /livez", "200"), ("HEAD /api/jobs/\(id)", "200"), ("HEAD /api/jobs/\(id)/events", "200"),
                    ("OPTIONS /api/jobs", "204"), ("TRACE /api/jobs", "405"), ("GET /nothing", "404"),
                    ("DELETE /api/jobs/\(id)", "204"), ("GET /api/jobs/\(id)", "410"),
                ] {
                    try await client.request(line)
                    let head = try await client.read(through: "\r\n\r\n").lowercased()
                    #expect(head.hasPrefix("http/1.1 \(status)"), "\(line): \(head)")
                    guard !line.hasPrefix("HEAD"), status != "204" else { continue }
                    _ = try await client.read(through: status == "200" ? "ok\n" : "}")
                }
            }
        }
    }

    @Test("a page that comes by another name gets nothing")
    func rebinding() async throws {
        try await withServer(TestAPI()) { port, _ in
            for fields in [
                "Host: evil.com:\(port)", "Host: 127.0.0.1:\(port)\r\nHost: evil.com",
                "Host: 127.0.0.1:\(port)\r\nOrigin: http://127.0.0.1:1",
                "Host: 127.0.0.1\r\nSec-Fetch-Site: cross-site",
                "X: y",
            ] {
                try await RawConnection.with(port: port) { client in
                    try await client.send("GET /api/jobs HTTP/1.1\r\n\(fields)\r\nConnection: close\r\n\r\n")
                    let reply = try await client.readToEnd()
                    #expect(reply.hasPrefix("HTTP/1.1 403") || reply.hasPrefix("HTTP/1.1 400"), "\(fields)")
                    #expect(!reply.contains("[]"))
                }
            }
        }
    }

    @Test("a client that asks may send its file, and it arrives in parts")
    func upload() async throws {
        let api = TestAPI()
        try await withServer(api) { port, _ in
            try await RawConnection.with(port: port) { client in
                try await client.request(
                    "POST /api/uploads?filename=a.bin",
                    ["Content-Type: application/octet-stream", "Content-Length: 2000000", "Expect: 100-continue"]
                )
                #expect(try await client.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 100"))
                for _ in 0..<20 { try await client.send(String(repeating: "x", count: 100_000)) }
                let reply = try await client.read(through: "expiresAt")
                #expect(reply.hasPrefix("HTTP/1.1 201"))
                #expect(reply.contains("\"size\":2000000"))
            }
        }
        #expect(api.objects.keys.count == 1)
    }

    @Test("an upload that breaks off leaves nothing", arguments: ["Content-Length: 100", "Transfer-Encoding: chunked"])
    func brokenUpload(_ framing: String) async throws {
        let api = TestAPI()
        try await withServer(api) { port, _ in
            try await RawConnection.with(port: port) { client in
                try await client.request("POST /api/uploads?filename=a.bin", ["Content-Type: text/csv", framing])
                try await client.send(framing.hasPrefix("T") ? "5\r\nhello\r\n" : "hello")
            }
            // The server stops only when the request is over.
        }
        #expect(api.objects.keys == [])
    }

    @Test("a body without a length is limited as well")
    func chunkedBody() async throws {
        let api = TestAPI { $0.maximumBodyBytes = 10 }
        try await withServer(api) { port, _ in
            try await RawConnection.with(port: port) { client in
                try await client.request(
                    "POST /api/jobs",
                    ["Content-Type: application/json", "Transfer-Encoding: chunked"]
                )
                try await client.send("14\r\n{\"type\": \"Importttt\"\r\n0\r\n\r\n")
                #expect(try await client.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 413"))
            }
        }
    }
}
#endif
