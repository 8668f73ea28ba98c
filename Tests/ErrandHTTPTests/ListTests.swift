#if Server
import Errand
import ErrandTesting
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("Lists of jobs", .timeLimit(.minutes(5)))
struct ListTests {
    private func ids(_ reply: Reply) throws -> [String] {
        try reply.json.elements().compactMap { try $0.object()["id"]?.stringValue }
    }

    /// The target of a link of a `Link` field.
    private func target(_ relation: String, in reply: Reply) -> String? {
        reply.headers[.link]?.split(separator: ", ").first { $0.hasSuffix("rel=\"\(relation)\"") }
            .map { String($0.dropFirst().prefix { $0 != ">" }) }
    }

    @Test("the newest job comes first, and the list is bare")
    func order() async throws {
        let api = TestAPI()
        var made: [String] = []
        for _ in 0..<3 { made.append(try await api.submit().description) }
        let reply = try await api.get("/api/jobs")
        #expect(try ids(reply) == made.reversed())
        #expect(target("next", in: reply) == nil)
        #expect(target("first", in: reply) == "/api/jobs")
    }

    @Test(
        "a status is understood in any case and in the words of the systems people know",
        arguments: [
            ("queued", 1), ("PENDING", 1), ("waiting", 1), ("Delayed", 1), ("prioritized", 1), ("waiting-children", 1),
            ("RUNNING", 1), ("active", 1), ("in_progress", 2), ("SUCCESS", 1), ("completed", 1), ("ERROR", 0),
            ("failed", 0), ("CANCELLED", 1), ("Queued,Running", 2), ("queued,%20cancelled", 2), ("", 4),
        ]
    )
    func statuses(_ words: String, count: Int) async throws {
        let api = TestAPI()
        _ = try await api.complete()
        let cancelled = try await api.submit()
        _ = try await api.memory.cancel(.id(cancelled), reason: nil, scope: .default)
        _ = try await api.submit()
        _ = try await api.claim()
        _ = try await api.submit()
        #expect(try await api.get("/api/jobs?status=\(words)").json.elements().count == count)
    }

    @Test("filters hold together")
    func filters() async throws {
        let api = TestAPI()
        _ = try await api.submit("Import") { ($0.projectId, $0.createdBy) = ("a", "me") }
        _ = try await api.submit("Export") { ($0.projectId, $0.createdBy) = ("a", "you") }
        _ = try await api.submit("Export") { $0.projectId = "b" }
        let counts = [
            "type=Import": 1, "type=Import,Export": 3, "queue=export": 2, "projectId=a": 2, "createdBy=me": 1,
            "projectId=a&type=Export": 1, "createdAfter=2000-01-01T00:00:00Z": 3,
            "createdBefore=2000-01-01T00:00:00Z": 0,
        ]
        for (query, count) in counts {
            #expect(try await api.get("/api/jobs?\(query)").json.elements().count == count, "\(query)")
        }
        #expect(try await api.get("/api/jobs/projects/a").json.elements().count == 2)
        #expect(try await api.get("/api/jobs/projects/none").text == "[]")
        #expect(try await api.get("/api/jobs/projects/a?projectId=b").status == 400)
    }

    @Test("following next goes through everything once")
    func pages() async throws {
        let api = TestAPI()
        for _ in 0..<7 { _ = try await api.submit() }
        _ = try await api.submit("Export")
        var seen: [String] = []
        var next: String? = "/api/jobs?limit=3&type=Import"
        while let path = next {
            let reply = try await api.get(path)
            #expect(reply.status == 200)
            seen += try ids(reply)
            next = target("next", in: reply)
        }
        #expect(seen.count == 7)
        #expect(Set(seen).count == 7)
    }

    @Test("a cursor is refused when it was altered or comes with other filters")
    func cursors() async throws {
        let api = TestAPI()
        for _ in 0..<3 { _ = try await api.submit() }
        let path = try #require(target("next", in: try await api.get("/api/jobs?limit=1")))
        #expect(try await api.get(path).status == 200)
        #expect(try await api.get(path + "&type=Import").status == 400)
        #expect(try await api.get(path.replacing("/api/jobs", with: "/api/jobs/projects/p")).status == 400)
        let cursor = String(try #require(path.split(separator: "cursor=").last).prefix { $0 != "&" })
        for position in cursor.indices {
            var altered = cursor
            altered.replaceSubrange(position...position, with: cursor[position] == "A" ? "B" : "A")
            let reply = try await api.get("/api/jobs?limit=1&cursor=\(altered)")
            #expect(reply.status == 400)
        }
        let other = TestAPI { $0.secret = [1, 2, 3] }
        #expect(try await other.get(path).status == 400)
    }

    @Test("a limit above 200 is cut, and none gives up to 1,000")
    func limits() async throws {
        let api = TestAPI()
        _ = try await api.memory.insert(
            Array(repeating: NewJob(type: "Import", queue: "import"), count: 1001),
            scope: .default
        )
        #expect(try await api.get("/api/jobs?limit=500").json.elements().count == 200)
        #expect(try await api.get("/api/jobs?limit=0").json.elements().count == 50)
        let bare = try await api.get("/api/jobs")
        #expect(try bare.json.elements().count == 1000)
        let rest = try await api.get(try #require(target("next", in: bare)))
        #expect(try rest.json.elements().count == 1)
    }

    @Test("q finds jobs by what people type")
    func search() async throws {
        let api = TestAPI()
        let id = try await api.submit { $0.createdByName = "Ann Lee" }
        _ = try await api.submit("Export")
        let number = try await api.memory.job(.id(id), scope: .default).number
        for text in ["%23\(number)", "\(id)", "Imp", "Ann%20L"] {
            #expect(try ids(try await api.get("/api/jobs?q=\(text)")) == [id.description], "\(text)")
        }
        #expect(try ids(try await api.get("/api/jobs?q=nothing")).isEmpty)
    }

    @Test("the oldest can come first, and a cursor of one order is none of the other")
    func sorted() async throws {
        let api = TestAPI()
        var made: [String] = []
        for _ in 0..<3 { made.append(try await api.submit().description) }
        let first = try await api.get("/api/jobs?sort=createdAt&limit=2")
        #expect(try ids(first) == Array(made.prefix(2)))
        let next = try #require(target("next", in: first))
        #expect(next.contains("sort=createdAt"))
        #expect(try ids(try await api.get(next)) == [made[2]])
        #expect(try await api.get(next.replacing("sort=createdAt&", with: "")).status == 400)
        #expect(try await api.get("/api/jobs?sort=priority").status == 400)
        #expect(try ids(try await api.get("/api/jobs?sort=-createdAt")) == made.reversed())
    }

    @Test("the size of the whole list is told where it is asked for")
    func counted() async throws {
        let api = TestAPI()
        for _ in 0..<3 { _ = try await api.submit { $0.createdBy = "me" } }
        _ = try await api.submit("Export")
        for (query, count) in [
            ("count=exact", "4"), ("count=estimate", "4"), ("count=estimate&type=Import,none", "3"),
            ("count=estimate&queue=export", "1"), ("count=estimate&queue=export&type=Import", "0"),
            ("count=estimate&createdBy=me&status=queued", "3"), ("count=exact&q=Exp", "1"),
            ("count=estimate&status=failed", "0"),
        ] {
            let reply = try await api.get("/api/jobs?limit=1&\(query)")
            #expect(reply.headers[.totalCount] == count, "\(query)")
        }
        #expect(try await api.get("/api/jobs").headers[.totalCount] == nil)
        #expect(try await api.get("/api/jobs?count=about").status == 400)
    }
}
#endif
