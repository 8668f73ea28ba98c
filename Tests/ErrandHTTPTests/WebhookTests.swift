#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Synchronization
import Testing

@testable import ErrandHTTP

@Suite("Setting up webhooks", .timeLimit(.minutes(2)))
struct WebhookTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    @Test("a signature is the one of the Standard Webhooks specification")
    func vector() throws {
        let key = try #require(Webhook.Secret(Self.secret).key)
        let signature = WebhookMessage.signature(
            of: "{\"test\": 2432232314}",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            key: key
        )
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test("a webhook's secret is shown when it is made and when it is rotated, and never else")
    func secrets() async throws {
        let api = TestAPI()
        let made = try await api.send(.post, "/api/webhooks", "{\"url\":\"https://a.example/in\"}")
        #expect(made.status == 201)
        let secret = try #require(try made.string("secret"))
        #expect(Webhook.Secret(secret).key?.count == 32)
        let path = try #require(made.headers[.location])
        let rotated = try await api.send(.post, "\(path)/rotate-secret", "{\"oldValidSeconds\":0}")
        #expect(try rotated.string("secret") != secret && rotated.member("oldSecretValidUntil") == nil)
        let edited = try await api.send(.patch, path, "{\"events\":[\"job.failed\"],\"format\":\"cloudevents\"}")
        for reply in [try await api.get(path), try await api.get("/api/webhooks"), edited] {
            #expect(reply.status == 200 && !reply.text.contains("whsec_"))
        }
        #expect(try edited.string("format") == "cloudevents" && edited.string("url") == "https://a.example/in")
        #expect(try edited.member("events")?.string == "[\"job.failed\"]")
        #expect(try await api.send(.delete, path).status == 204)
        #expect(try await api.get(path).status == 404)
    }

    @Test("a tenant has so many webhooks and no more")
    func limit() async throws {
        let api = TestAPI()
        for _ in 0..<Webhook.endpointsPerTenant {
            #expect(try await api.send(.post, "/api/webhooks", "{\"url\":\"https://a.example\"}").status == 201)
        }
        let more = try await api.send(.post, "/api/webhooks", "{\"url\":\"https://a.example\"}")
        #expect(try more.status == 409 && more.problem == "conflict")
    }

    @Test("a webhook hears of the jobs that its maker's key may see")
    func scope() async throws {
        let api = TestAPI.withKeys()
        let header = try await api.header([.webhooksWrite], for: .tenant("a", projects: ["p"]))
        let made = try await api.send(.post, "/api/webhooks", "{\"url\":\"https://a.example\"}", headers: header)
        #expect(try made.member("projects")?.string == "[\"p\"]")
        for project in ["p", "q"] as [Name] {
            var job = NewJob(type: "Import")
            job.projectId = project
            let id = try await api.memory.insert([job], scope: .tenant("a"))[0].id
            _ = try await api.memory.cancel(.id(id), reason: nil, scope: .system)
        }
        let path = try #require(made.headers[.location])
        #expect(try await api.send(.get, "\(path)/deliveries", headers: header).json.elements().count == 1)
    }

    @Test(
        "what is no webhook is refused with a pointer",
        arguments: [
            ("{}", "/url"), ("{\"url\":3}", "/url"), ("{\"url\":\"https://a.example\",\"events\":[]}", "/events"),
            ("{\"url\":\"https://a.example\",\"events\":[\"job.begun\"]}", "/events"),
            ("{\"url\":\"https://a.example\",\"format\":\"xml\"}", "/format"),
            ("{\"url\":\"https://a.example\",\"enabled\":\"yes\"}", "/enabled"),
            ("{\"url\":\"https://a.example\",\"secret\":\"x\"}", "/secret"),
        ]
    )
    func invalid(_ body: String, _ pointer: String) async throws {
        let reply = try await TestAPI().send(.post, "/api/webhooks", body)
        #expect(try reply.status == 422 && reply.problem == "validation" && reply.places == [pointer])
    }

    @Test("a URL that leads where it may not is refused wherever one is given, and nothing is stored")
    func unsafe() async throws {
        let api = TestAPI()
        let hostile = "https://169.254.169.254/"
        let made = try await api.send(.post, "/api/webhooks", "{\"url\":\"https://a.example\"}")
        let path = try #require(made.headers[.location])
        let own = "{\"type\":\"Import\",\"webhook\":{\"url\":\"\(hostile)\",\"secret\":\"\(Self.secret)\"}}"
        let bulk = "{\"jobs\":[{\"type\":\"Import\"},\(own)]}"
        let key: HTTPFields = [try #require(HTTPField.Name("Idempotency-Key")): "k"]
        for (reply, pointer) in [
            (try await api.send(.post, "/api/webhooks", "{\"url\":\"\(hostile)\"}"), "/url"),
            (try await api.send(.patch, path, "{\"url\":\"http://a.example\"}"), "/url"),
            (try await api.send(.post, "/api/jobs", own), "/webhook/url"),
            (try await api.send(.post, "/api/jobs/bulk", bulk, headers: key), "/jobs/1/webhook/url"),
        ] {
            #expect(try reply.status == 422 && reply.problem == "unsafe-url" && reply.places == [pointer])
        }
        #expect(try await api.get("/api/webhooks").json.elements().count == 1)
        #expect(try await api.get("/api/jobs").json.elements().isEmpty)
    }

    @Test(
        "a submit's webhook needs a URL and a secret, and takes no other field",
        arguments: [
            ("3", "/webhook"), ("\"https://a.example\"", "/webhook"), ("{}", "/webhook/url"),
            ("{\"url\":\"https://a.example\"}", "/webhook/secret"),
            ("{\"url\":\"https://a.example\",\"secret\":\"whsec_c2hvcnQ=\"}", "/webhook/secret"),
            ("{\"url\":\"https://a.example\",\"secret\":\"\(secret)\",\"enabled\":true}", "/webhook/enabled"),
        ]
    )
    func own(_ webhook: String, _ pointer: String) async throws {
        let reply = try await TestAPI().send(.post, "/api/jobs", "{\"type\":\"Import\",\"webhook\":\(webhook)}")
        #expect(try reply.status == 422 && reply.places == [pointer], "\(reply.text)")
        #expect(!reply.text.contains("c2hvcnQ"))
    }

    @Test("a bulk submit looks at each URL once, and takes only so many")
    func bulk() async throws {
        let asked = Mutex<[String]>([])
        let api = TestAPI { options in
            options.outbound.resolve = { host in
                asked.withLock { $0.append(host) }
                return ["8.8.8.8"]
            }
        }
        let name = try #require(HTTPField.Name("Idempotency-Key"))
        func submit(_ key: String, _ hosts: [String]) async throws -> Reply {
            let jobs = hosts.map { host in
                "{\"type\":\"Import\",\"webhook\":{\"url\":\"https://\(host)\",\"secret\":\"\(Self.secret)\"}}"
            }
            let body = "{\"jobs\":[\(jobs.joined(separator: ","))]}"
            return try await api.send(.post, "/api/jobs/bulk", body, headers: [name: key])
        }
        #expect(try await submit("a", Array(repeating: "a.example", count: 100)).status == 202)
        #expect(asked.withLock { $0 } == ["a.example"])
        let many = try await submit("b", (0...20).map { "h\($0).example" })
        #expect(try many.status == 422 && many.places == ["/jobs/20/webhook/url"])
    }

    @Test("deliveries are listed newest first, in pages")
    func pages() async throws {
        let api = TestAPI()
        let made = try await api.send(.post, "/api/webhooks", "{\"url\":\"https://a.example\"}")
        let path = try #require(made.headers[.location])
        var jobs: [String] = []
        for _ in 0..<5 { jobs.insert("\(try await api.complete())", at: 0) }
        var found: [String] = []
        var next: String? = "\(path)/deliveries?limit=2"
        while let target = next {
            let page = try await api.get(target)
            found += try page.json.elements().compactMap { try $0.object()["jobId"]?.stringValue }
            let link = try #require(page.headers[.link])
            next = link.contains("rel=\"next\"") ? link.dropFirst().split(separator: ">").first.map(String.init) : nil
        }
        #expect(found == jobs)
        let other = try await api.send(.post, "/api/webhooks", "{\"url\":\"https://a.example\"}")
        let otherPath = try #require(other.headers[.location])
        let cursor = try await api.get("\(path)/deliveries?limit=2").headers[.link]?
            .split(separator: ">").first?.split(separator: "cursor=").last
        let stolen = try await api.get("\(otherPath)/deliveries?cursor=\(try #require(cursor))")
        #expect(stolen.status == 400)
    }

    @Test("nobody is given a key for the tenants in which deliveries are kept, nor may submit one")
    func reserved() async throws {
        let api = TestAPI()
        let own = WebhookDelivery.scope(for: .default).tenantId ?? ""
        let body = "{\"name\":\"k\",\"scopes\":[\"jobs:read\"],\"tenantId\":\"\(own)\"}"
        let reply = try await api.send(.post, "/api/keys", body)
        #expect(try reply.status == 422 && reply.places == ["/tenantId"])
        let submit = try await api.send(.post, "/api/jobs", "{\"type\":\"\(WebhookDelivery.type)\"}")
        #expect(try submit.problem == "unknown-job-type")
    }

    @Test("a message stays small whatever the job is like")
    func size() async throws {
        let api = TestAPI()
        let made = try await api.send(.post, "/api/webhooks", "{\"url\":\"https://a.example\"}")
        let long = String(repeating: "\u{1}", count: 200)
        let id = try await api.submit { job in
            (job.projectId, job.projectName, job.createdBy, job.uniqueKey) = (Name(long), long, long, Name(long))
            var writer = JSONWriter()
            writer.object { writer in
                writer.member("tags") { writer in writer.array { writer in for _ in 0..<50 { writer.value(long) } } }
            }
            job.metadata = writer.text
        }
        let failure = JobFailure(code: "bad", message: String(repeating: "\u{1}", count: 4096))
        try await api.settle(api.claim(), .fail(failure, retryAfter: nil))
        let hook = try #require(try made.string("id").flatMap { JobID($0) })
        let request = ClaimRequest(worker: "w", types: [WebhookDelivery.type], limit: 1, lease: .seconds(30))
        let job = try #require(try await api.memory.claim(request).jobs.first)
        let delivery = try WebhookDelivery(payload: job.payload)
        #expect(delivery.webhook == hook && delivery.job == id)
        for format in Webhook.Format.allCases {
            let message = WebhookMessage(delivery, deliveredBy: job.lease.id, format: format)
            #expect(message.body.utf8.count < 20_000)
        }
    }

    @Test(
        "Retry-After is seconds or a date, and nothing else",
        arguments: [
            ("120", 120), (" 0 ", 0), ("999999999", 86_400), ("Thu, 01 Jan 2026 00:01:00 GMT", 60),
            ("Wed, 31 Dec 2025 00:00:00 GMT", 0), ("-5", nil), ("soon", nil), ("", nil), ("1.5", nil),
        ]
    )
    func retryAfter(_ text: String, _ seconds: Int?) {
        let now = Date(timeIntervalSince1970: 1_767_225_600)
        #expect(RetryAfter.duration(text, at: now) == seconds.map { .seconds($0) })
    }
}
#endif
