#if Server
import Errand
import ErrandTesting
import HTTPTypes
import Testing

@testable import ErrandHTTP

/// One wrong request, and the refusal it must get.
struct BadRequest: Sendable, CustomTestStringConvertible {
    var name: String
    var method: HTTPRequest.Method = .get
    var path: String
    var body: String?
    var contentType: String? = "application/json"
    var status: Int
    var problem: String
    var place: String?
    /// Words that the detail must have: the field and the value.
    var words: [String] = []

    var testDescription: String { name }
}

@Suite("Bad input", .timeLimit(.minutes(5)))
struct BadInputTests {
    private static func submit(
        _ name: String,
        _ body: String,
        _ status: Int,
        _ problem: String,
        _ place: String?,
        _ words: [String] = []
    ) -> BadRequest {
        BadRequest(
            name: name,
            method: .post,
            path: "/api/jobs",
            body: body,
            status: status,
            problem: problem,
            place: place,
            words: words
        )
    }

    static let bodies: [BadRequest] = [
        submit("unknown type", #"{"type":"Nope"}"#, 422, "unknown-job-type", "/type", ["Nope"]),
        submit("no type", #"{"payload":{}}"#, 422, "validation", "/type", ["type"]),
        submit("type of another kind", #"{"type":7}"#, 422, "validation", "/type", ["7"]),
        submit("unknown field", #"{"type":"Import","prio":1}"#, 422, "validation", "/prio", ["prio"]),
        submit("name to escape", #"{"type":"Import","a/b~c":1}"#, 422, "validation", "/a~1b~0c"),
        submit("payload no object", #"{"type":"Import","payload":[1]}"#, 422, "validation", "/payload", ["[1]"]),
        submit("priority a string", #"{"type":"Import","priority":"high"}"#, 422, "validation", "/priority", ["high"]),
        submit("priority too large", #"{"type":"Import","priority":40000}"#, 422, "validation", "/priority", ["40000"]),
        submit("priority a fraction", #"{"type":"Import","priority":1.5}"#, 422, "validation", "/priority", ["1.5"]),
        submit("no attempts", #"{"type":"Import","maxAttempts":0}"#, 422, "validation", "/maxAttempts", ["0"]),
        submit("runAt no time", #"{"type":"Import","runAt":"soon"}"#, 422, "validation", "/runAt", ["soon"]),
        submit(
            "two times",
            #"{"type":"Import","runAt":"2030-01-01T00:00:00Z","delaySeconds":1}"#,
            422,
            "validation",
            "/delaySeconds"
        ),
        submit("tags of numbers", #"{"type":"Import","tags":[1]}"#, 422, "validation", "/tags"),
        submit("tags twice", #"{"type":"Import","tags":["a"],"metadata":{"tags":["b"]}}"#, 422, "validation", "/tags"),
        submit("policy", #"{"type":"Import","onConflict":"ignore"}"#, 422, "validation", "/onConflict", ["ignore"]),
        submit("id no UUID", #"{"type":"Import","id":"x"}"#, 422, "validation", "/id", ["x"]),
        submit(
            "id not version 7",
            #"{"type":"Import","id":"123e4567-e89b-42d3-a456-426614174000"}"#,
            422,
            "validation",
            "/id",
            ["version 7"]
        ),
        submit("after no UUID", #"{"type":"Import","after":["x"]}"#, 422, "validation", "/after", ["x"]),
        submit("refused by its type", #"{"type":"picky"}"#, 422, "validation", "/payload/word", ["please"]),
        submit("empty queue", #"{"type":"Import","queue":""}"#, 422, "validation", "/queue"),
        submit(
            "large payload",
            #"{"type":"Import","payload":{"a":""# + String(repeating: "x", count: 300_000) + #""}}"#,
            422,
            "validation",
            "/payload",
            ["262144"]
        ),
        submit("duplicate keys", #"{"type":"Import","type":"Export"}"#, 400, "invalid-json", "/type"),
        submit("NUL", #"{"type":"Import","projectId":"a\u0000"}"#, 400, "invalid-json", "/projectId"),
        submit("half a character", #"{"type":"\ud800"}"#, 400, "invalid-json", "/type"),
        submit(
            "too deep",
            #"{"type":"Import","payload":"# + String(repeating: "[", count: 70)
                + String(repeating: "]", count: 70) + "}",
            400,
            "invalid-json",
            nil
        ),
        submit("no JSON", #"{"type":"#, 400, "invalid-json", nil),
        submit("no object", "[]", 422, "validation", nil),
        submit("too large", #"{"type":""# + String(repeating: "x", count: 1_100_000) + #""}"#, 413, "too-large", nil),
    ]

    static let others: [BadRequest] = [
        BadRequest(
            name: "status",
            path: "/api/jobs?status=Runing",
            status: 400,
            problem: "invalid-parameter",
            place: "status",
            words: ["Runing"]
        ),
        BadRequest(
            name: "one status of two",
            path: "/api/jobs?status=Running,x",
            status: 400,
            problem: "invalid-parameter",
            place: "status",
            words: ["x"]
        ),
        BadRequest(
            name: "misspelt filter",
            path: "/api/jobs?stauts=Running",
            status: 400,
            problem: "invalid-parameter",
            place: "stauts",
            words: ["stauts"]
        ),
        BadRequest(
            name: "negative limit",
            path: "/api/jobs?limit=-1",
            status: 400,
            problem: "invalid-parameter",
            place: "limit",
            words: ["-1"]
        ),
        BadRequest(
            name: "limit no number",
            path: "/api/jobs?limit=ten",
            status: 400,
            problem: "invalid-parameter",
            place: "limit",
            words: ["ten"]
        ),
        BadRequest(
            name: "cursor",
            path: "/api/jobs?cursor=abc",
            status: 400,
            problem: "invalid-parameter",
            place: "cursor"
        ),
        BadRequest(
            name: "time",
            path: "/api/jobs?createdAfter=monday",
            status: 400,
            problem: "invalid-parameter",
            place: "createdAfter",
            words: ["monday"]
        ),
        BadRequest(
            name: "empty limit",
            path: "/api/jobs?limit=",
            status: 400,
            problem: "invalid-parameter",
            place: "limit"
        ),
        BadRequest(
            name: "empty cursor",
            path: "/api/jobs?cursor=",
            status: 400,
            problem: "invalid-parameter",
            place: "cursor"
        ),
        BadRequest(
            name: "empty time",
            path: "/api/jobs?createdBefore=",
            status: 400,
            problem: "invalid-parameter",
            place: "createdBefore"
        ),
        BadRequest(
            name: "empty log level",
            path: "/api/jobs/1/logs?level=",
            status: 400,
            problem: "invalid-parameter",
            place: "level"
        ),
        BadRequest(
            name: "empty grouping",
            path: "/api/jobs/stats?groupBy=",
            status: 400,
            problem: "invalid-parameter",
            place: "groupBy"
        ),
        BadRequest(
            name: "bytes that are no text",
            path: "/api/jobs?queue=%ff",
            status: 400,
            problem: "invalid-parameter",
            place: "queue=%ff"
        ),
        BadRequest(name: "missing id", path: "/api/jobs/999", status: 404, problem: "not-found", words: ["999"]),
        BadRequest(name: "id no id", path: "/api/jobs/abc", status: 404, problem: "not-found", words: ["abc"]),
        BadRequest(name: "no such path", path: "/api/nothing", status: 404, problem: "not-found"),
        BadRequest(
            name: "log level",
            path: "/api/jobs/1/logs?level=loud",
            status: 400,
            problem: "invalid-parameter",
            place: "level",
            words: ["loud"]
        ),
        BadRequest(
            name: "field of a cancel",
            method: .post,
            path: "/api/jobs/1/cancel",
            body: #"{"why":1}"#,
            status: 422,
            problem: "validation",
            place: "/why",
            words: ["why"]
        ),
        BadRequest(
            name: "field of a retry",
            method: .post,
            path: "/api/jobs/1/retry",
            body: #"{"runAt":5}"#,
            status: 422,
            problem: "validation",
            place: "/runAt",
            words: ["5"]
        ),
        BadRequest(
            name: "a form",
            method: .post,
            path: "/api/jobs",
            body: "type=Import",
            contentType: "application/x-www-form-urlencoded",
            status: 415,
            problem: "unsupported-media",
            words: ["form"]
        ),
        BadRequest(
            name: "another encoding",
            method: .post,
            path: "/api/jobs",
            body: "{}",
            contentType: "application/json; charset=latin1",
            status: 415,
            problem: "unsupported-media"
        ),
        BadRequest(name: "no body", method: .post, path: "/api/jobs", status: 422, problem: "validation"),
        BadRequest(
            name: "no filename",
            method: .post,
            path: "/api/uploads",
            body: "a,b",
            contentType: "text/csv",
            status: 400,
            problem: "invalid-parameter",
            place: "filename"
        ),
        BadRequest(
            name: "an upload in JSON",
            method: .post,
            path: "/api/uploads?filename=a.csv",
            body: "{}",
            status: 415,
            problem: "unsupported-media"
        ),
        BadRequest(
            name: "foreign dataset",
            path: "/api/projects/x/datasets/routes",
            status: 404,
            problem: "not-found"
        ),
        BadRequest(
            name: "unknown queue",
            path: "/api/queues/none",
            status: 404,
            problem: "not-found",
            words: ["none"]
        ),
        BadRequest(
            name: "no job of a stream",
            path: "/api/events?jobId=",
            status: 400,
            problem: "invalid-parameter",
            place: "jobId"
        ),
        BadRequest(name: "altered link", path: "/api/files/altered", status: 403, problem: "forbidden"),
    ]

    @Test("a bad request gets the right refusal, which names the place and the value", arguments: bodies + others)
    func refusal(_ bad: BadRequest) async throws {
        let api = TestAPI()
        let headers: HTTPFields = bad.contentType.map { [.contentType: $0] } ?? [:]
        let reply = try await api.send(bad.method, bad.path, bad.body, headers: bad.body == nil ? [:] : headers)
        #expect(reply.status == bad.status, "\(reply.text)")
        #expect(reply.headers[.contentType] == "application/problem+json")
        #expect(try reply.problem == bad.problem)
        #expect(try reply.member("status")?.int64Value == Int64(bad.status))
        #expect(try reply.string("requestId")?.isEmpty == false)
        if let place = bad.place { #expect(try reply.places == [place]) }
        let detail = try reply.string("detail") ?? ""
        for word in bad.words { #expect(detail.contains(word), "\(detail)") }
        #expect(try await api.memory.jobs(JobFilter(), page: PageRequest(), scope: .system).jobs.isEmpty)
    }

    @Test("everything that is wrong with a body is told at once")
    func several() async throws {
        let reply = try await TestAPI().send(.post, "/api/jobs", #"{"type":"Import","a":1,"priority":"x","tags":2}"#)
        #expect(try reply.places == ["/a", "/priority", "/tags"])
        #expect(try reply.codes == ["unknown-field", "wrong-type", "wrong-type"])
    }

    @Test("illegal transitions say which state the job is in")
    func transitions() async throws {
        let api = TestAPI()
        let done = try await api.complete()
        let queued = try await api.submit()
        let cancel = try await api.send(.post, "/api/jobs/\(done)/cancel")
        #expect(try (cancel.status, cancel.problem) == (409, "job-not-cancellable"))
        #expect(try cancel.string("currentStatus") == "Completed")
        let retry = try await api.send(.post, "/api/jobs/\(queued)/retry")
        #expect(try (retry.status, retry.problem) == (409, "job-not-retryable"))
        #expect(try retry.string("currentStatus") == "Queued")
        let delete = try await api.send(.delete, "/api/jobs/\(queued)")
        #expect(try (delete.status, delete.problem) == (409, "not-completed"))
        let result = try await api.get("/api/jobs/\(queued)/result")
        #expect(try (result.status, result.problem) == (409, "not-completed"))
    }

    @Test("a job of another tenant is not there")
    func foreign() async throws {
        let api = TestAPI()
        let id = try await api.memory.insert([NewJob(type: "Import")], scope: .tenant("other"))[0].id
        for (method, path) in [
            (HTTPRequest.Method.get, ""), (.get, "/events"), (.get, "/result"), (.post, "/cancel"),
            (.delete, ""), (.get, "/logs"), (.get, "/files"),
        ] {
            #expect(try await api.send(method, "/api/jobs/\(id)\(path)").status == 404, "\(method) \(path)")
        }
        #expect(try await api.get("/api/jobs").text == "[]")
    }

    @Test(
        "a store's failure becomes its status, and what only the log should know stays out",
        arguments: [
            (JobStoreError.Code.unavailable, 503), (.inUse, 503), (.full, 507), (.corrupt, 500), (.schemaTooNew, 500),
        ]
    )
    func storeFailures(_ code: JobStoreError.Code, status: Int) async throws {
        let api = TestAPI()
        api.store.fail(code)
        for reply in [
            try await api.get("/api/jobs/1"), try await api.get("/api/jobs"),
            try await api.send(.post, "/api/jobs", #"{"type":"Import"}"#),
        ] {
            #expect(reply.status == status)
            #expect(!reply.text.contains("secret"))
        }
    }

    @Test("every code of a store has a problem")
    func codes() {
        let statuses: [JobStoreError.Code: Int] = [
            .notFound: 404, .gone: 410, .conflict: 409, .uniqueConflict: 409, .idempotencyMismatch: 422,
            .fenced: 409, .outdated: 412, .invalid: 422, .full: 507, .unavailable: 503, .inUse: 503, .schemaTooNew: 500,
            .corrupt: 500,
        ]
        for code in JobStoreError.Code.allCases {
            #expect(Problem(JobStoreError(code, "x")).status == statuses[code], "\(code)")
        }
    }
}
#endif
