#if Server
import Errand
import Testing

@testable import ErrandHTTP

/// Bytes that no honest client sends.
struct HostileInput: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    /// The statuses that may answer it.
    let statuses: Set<Int>

    var testDescription: String { name }

    init(_ name: String, _ statuses: Set<Int>, _ text: String) {
        (self.name, self.statuses, bytes) = (name, statuses, Array(text.utf8))
    }

    init(_ name: String, _ statuses: Set<Int>, body: [UInt8]) {
        let head =
            "POST /api/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            + "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n"
        (self.name, self.statuses, bytes) = (name, statuses, Array(head.utf8) + body)
    }

    init(_ name: String, _ statuses: Set<Int>, body: String) { self.init(name, statuses, body: Array(body.utf8)) }
}

@Suite("Malformed input over a socket (F32, F33)", .timeLimit(.minutes(5)))
struct HostileInputTests {
    private static func payload(_ json: String) -> String { #"{"type":"Import","payload":\#(json)}"# }

    private static func levels(_ count: Int) -> String {
        String(repeating: "[", count: count) + String(repeating: "]", count: count)
    }

    private static let host = "Host: 127.0.0.1\r\n"
    private static let json = "Content-Type: application/json\r\n"

    static let framing = [
        HostileInput("no HTTP", [400], "\u{16}\u{3}\u{1}hello\r\n\r\n"),
        HostileInput("no version", [400], "GET /livez\r\n\r\n"),
        HostileInput("HTTP/9.9", [400, 505], "GET /livez HTTP/9.9\r\n\(host)\r\n"),
        HostileInput("a space before a colon", [400], "GET /livez HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n"),
        HostileInput("NUL in a field", [400], "GET /livez HTTP/1.1\r\n\(host)X: a\u{0}b\r\n\r\n"),
        HostileInput("bare CR in a field", [400], "GET /livez HTTP/1.1\r\n\(host)X: a\rb\r\n\r\n"),
        HostileInput(
            "two lengths",
            [400],
            "POST /api/jobs HTTP/1.1\r\n\(host)Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"
        ),
        HostileInput("a negative length", [400], "POST /api/jobs HTTP/1.1\r\n\(host)Content-Length: -1\r\n\r\n"),
        HostileInput(
            "a length and chunks",
            [400],
            "POST /api/jobs HTTP/1.1\r\n\(host)\(json)Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        HostileInput(
            "a chunk of no number",
            [400],
            "POST /api/jobs HTTP/1.1\r\n\(host)\(json)Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n"
        ),
        HostileInput(
            "chunked twice",
            [400, 501],
            "POST /api/jobs HTTP/1.1\r\n\(host)\(json)Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"
        ),
        HostileInput(
            "a packed body",
            [415],
            "POST /api/jobs HTTP/1.1\r\n\(host)\(json)Content-Encoding: gzip\r\nConnection: close\r\n"
                + "Content-Length: 4\r\n\r\n\u{1f}abc"
        ),
        HostileInput(
            "a thousand fields",
            [400, 431],
            "GET /livez HTTP/1.1\r\n\(host)Connection: close\r\n"
                + (0..<1100).map { "X-\($0): 1\r\n" }.joined() + "\r\n"
        ),
        HostileInput(
            "a target of 64 KiB",
            [400, 414],
            "GET /\(String(repeating: "x", count: 65536)) HTTP/1.1\r\n\(host)Connection: close\r\n\r\n"
        ),
        HostileInput(
            "a target with a fragment",
            [400, 404],
            "GET /livez#x HTTP/1.1\r\n\(host)Connection: close\r\n\r\n"
        ),
        HostileInput("an encoded NUL", [404], "GET /api/jobs/%00 HTTP/1.1\r\n\(host)Connection: close\r\n\r\n"),
        HostileInput(
            "overlong UTF-8 in the path",
            [404],
            "GET /api/jobs/%C0%AF HTTP/1.1\r\n\(host)Connection: close\r\n\r\n"
        ),
    ]

    static let bodies = [
        HostileInput("invalid UTF-8", [400], body: Array(#"{"type":""#.utf8) + [0xff, 0xfe] + Array("\"}".utf8)),
        HostileInput("overlong UTF-8", [400], body: Array(#"{"type":""#.utf8) + [0xc0, 0xaf] + Array("\"}".utf8)),
        HostileInput("a byte order mark", [400], body: [0xef, 0xbb, 0xbf] + Array(#"{"type":"Import"}"#.utf8)),
        HostileInput("NUL", [400], body: payload(#""\u0000""#)),
        HostileInput("a lone surrogate", [400], body: payload(#""\ud800""#)),
        HostileInput("a duplicate key", [400], body: payload(#"{"a":1,"a":2}"#)),
        HostileInput("65 levels", [400], body: payload(levels(65))),
        HostileInput("513 levels", [400], body: payload(levels(513))),
        HostileInput("100,000 levels", [400], body: payload(levels(100_000))),
        HostileInput("1e400", [202, 422], body: payload("1e400")),
        HostileInput("a number of 100,000 digits", [202, 422], body: payload(String(repeating: "9", count: 100_000))),
        HostileInput("a text of 10 MB", [413], body: payload("\"\(String(repeating: "x", count: 10_000_000))\"")),
    ]

    @Test("what no client should send is refused, and the server goes on", arguments: framing + bodies)
    func refused(_ input: HostileInput) async throws {
        let api = TestAPI()
        try await withServer(api) { port, _ in
            let reply = try await RawConnection.with(port: port) { client in
                try await client.send(input.bytes)
                return try await client.readToEnd()
            }
            let status = reply.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            #expect(input.statuses.contains(status), "\(reply)")
            if status != 202 { #expect(reply.contains("application/problem+json"), "\(reply)") }
            // Only one answer: bytes that follow a bad request are no second request.
            #expect(reply.split(separator: "HTTP/1.1 ").count == 1, "\(reply)")
            try await RawConnection.with(port: port) { client in
                try await client.request("GET /livez")
                #expect(try await client.read(through: "ok\n").hasPrefix("HTTP/1.1 200"))
            }
        }
    }

    @Test("an endless body is refused while it comes")
    func endless() async throws {
        try await withServer(TestAPI { $0.patience.head = .milliseconds(100) }) { port, _ in
            try await RawConnection.with(port: port) { client in
                try await client.request(
                    "POST /api/jobs",
                    ["Content-Type: application/json", "Transfer-Encoding: chunked"]
                )
                let chunk = "10000\r\n" + String(repeating: " ", count: 65536) + "\r\n"
                // It is answered after a megabyte; who goes on sending is cut off a little later.
                _ = await #expect(throws: (any Error).self) {
                    while true { try await client.send(chunk) }
                }
            }
        }
    }
}
#endif
