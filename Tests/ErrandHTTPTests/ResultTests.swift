#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("What a job left", .timeLimit(.minutes(5)))
struct ResultTests {
    private static let sha256 = String(repeating: "0f", count: 32)

    private func fileJob(_ api: TestAPI) async throws -> JobID {
        _ = try await api.objects.put("k/1.csv", body: bytes("a,b\n1,2\n"), limit: 100)
        let file = JobFile(
            name: "export é.csv",
            key: "k/1.csv",
            size: 8,
            sha256: Self.sha256,
            contentType: "text/csv"
        )
        return try await api.complete(JobResult(type: .url, location: "k/1.csv", files: [file]))
    }

    private func bytes(_ text: String) -> AsyncThrowingStream<[UInt8], any Error> {
        let (stream, source) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
        source.yield(Array(text.utf8))
        source.finish()
        return stream
    }

    @Test("an inline result is given as it is")
    func inline() async throws {
        let api = TestAPI()
        let id = try await api.complete(JobResult(try JSONText(validating: #"{"n": 1.50}"#)))
        let reply = try await api.get("/api/jobs/\(id)/result")
        #expect((reply.status, reply.text) == (200, #"{"n": 1.50}"#))
        #expect(reply.headers[.cacheControl] == "no-store")
        let none = try await api.complete()
        #expect(try await api.get("/api/jobs/\(none)/result").text == "null")
    }

    @Test("a result in a file is a fresh link that downloads")
    func file() async throws {
        let api = TestAPI()
        let id = try await fileJob(api)
        let reply = try await api.get("/api/jobs/\(id)/result")
        #expect(reply.status == 303)
        let download = try await api.get(try #require(reply.headers[.location]))
        #expect((download.status, download.text) == (200, "a,b\n1,2\n"))
        #expect(download.headers[.contentType] == "text/csv; charset=utf-8")
        #expect(
            download.headers[.contentDisposition]
                == "attachment; filename=\"export _.csv\"; filename*=UTF-8''export%20%C3%A9.csv"
        )
        let words = try await api.get("/api/jobs/\(id)/result?redirect=false")
        #expect(try words.json.object().members.map(\.name) == ["url", "expiresAt", "filename", "size", "sha256"])
        #expect(try words.member("size")?.int64Value == 8)
        #expect(try await api.get("/api/jobs/\(id)").member("resultLocation") == nil)
    }

    @Test("a job's files are listed, and fetched by name")
    func files() async throws {
        let api = TestAPI()
        let id = try await fileJob(api)
        let list = try await api.get("/api/jobs/\(id)/files")
        let text = #"[{"name":"export é.csv","size":8,"sha256":"\#(Self.sha256)","contentType":"text/csv"}]"#
        #expect(list.text == text)
        #expect(try await api.get("/api/jobs/\(id)/files/export%20%C3%A9.csv").status == 303)
        #expect(try await api.get("/api/jobs/\(id)/files/other").status == 404)
    }

    @Test(
        "a range of a file is given alone",
        arguments: [
            ("bytes=0-2", 206, "a,b", "bytes 0-2/8"), ("bytes=4-", 206, "1,2\n", "bytes 4-7/8"),
            ("bytes=-2", 206, "2\n", "bytes 6-7/8"), ("bytes=6-99", 206, "2\n", "bytes 6-7/8"),
            ("bytes=-99", 206, "a,b\n1,2\n", "bytes 0-7/8"), ("bytes=8-", 416, nil, "bytes */8"),
            ("bytes=-0", 416, nil, "bytes */8"), ("bytes=3-1", 200, "a,b\n1,2\n", nil),
            ("bytes=0-1,3-4", 200, "a,b\n1,2\n", nil), ("lines=1-2", 200, "a,b\n1,2\n", nil),
        ] as [(String, Int, String?, String?)]
    )
    func ranges(_ range: String, status: Int, text: String?, contentRange: String?) async throws {
        let api = TestAPI()
        _ = try await fileJob(api)
        let path = "/api/files/" + MemoryObjects.token("k/1.csv", "x.csv", expires: 4_000_000_000)
        let reply = try await api.get(path, headers: [.range: range])
        #expect(reply.status == status)
        if let text {
            #expect(reply.text == text)
            #expect(reply.headers[.contentLength] == String(text.utf8.count))
        }
        #expect(reply.headers[.contentRange] == contentRange)
    }

    @Test("a link that has expired is gone, and one to nothing too")
    func expired() async throws {
        let api = TestAPI()
        _ = try await fileJob(api)
        let old = MemoryObjects.token("k/1.csv", "x.csv", expires: 1)
        #expect(try await api.get("/api/files/\(old)").status == 410)
        let none = MemoryObjects.token("k/2.csv", "x.csv", expires: 4_000_000_000)
        #expect(try await api.get("/api/files/\(none)").status == 410)
    }

    @Test("a log is read in parts and from a level on")
    func logs() async throws {
        let api = TestAPI()
        let id = try await api.submit()
        var report = RunReport(lease: try await api.claim())
        let levels: [LogLine.Level] = [.info, .debug, .error, .info, .warning]
        report.logs = levels.map { LogLine(at: api.clock.now().wall, level: $0, message: "a \($0)") }
        _ = try await api.memory.report([report])
        func messages(_ query: String) async throws -> [String] {
            try await api.get("/api/jobs/\(id)/logs\(query)").json.elements().compactMap {
                try $0.object()["message"]?.stringValue
            }
        }
        #expect(try await messages("") == levels.map { "a \($0)" })
        #expect(try await messages("?level=WARNING") == ["a error", "a warning"])
        #expect(try await messages("?limit=1&level=warning") == ["a error"])
        let first = try #require(try await api.get("/api/jobs/\(id)/logs?limit=3").json.elements().last)
        let sequence = try #require(try first.object()["sequence"]?.int64Value)
        #expect(try await messages("?after=\(sequence)") == ["a info", "a warning"])
        #expect(try first.object().members.map(\.name) == ["sequence", "attempt", "at", "level", "message"])
    }
}
#endif
