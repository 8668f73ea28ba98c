#if Server
import Errand
import ErrandTesting
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("Datasets, queues, types and health", .timeLimit(.minutes(5)))
struct ResourceTests {
    @Test("datasets are listed, described and read in pages of objects")
    func datasets() async throws {
        let api = TestAPI()
        let one =
            #"{"name":"routes","rows":5,"schema":{"fields":[{"name":"from"},{"name":"miles"}]},"#
            + #""updatedAt":"2026-01-01T00:00:00Z"}"#
        #expect(try await api.get("/api/projects/flights/datasets").text == "[\(one)]")
        #expect(try await api.get("/api/projects/flights/datasets/routes").text == one)
        var path: String? = "/api/projects/flights/datasets/routes/rows?limit=2"
        var rows: [String] = []
        while let next = path {
            let reply = try await api.get(next)
            rows += try reply.json.elements().map(\.string)
            let link = try #require(reply.headers[.link])
            path = link.contains("next") ? String(link.dropFirst().prefix { $0 != ">" }) : nil
        }
        #expect(rows == (1...5).map { #"{"from":"A\#($0)","miles":\#($0).50}"# })
        #expect(try await api.get("/api/projects/flights/datasets/routes/rows?filter=x").status == 400)
    }

    @Test("a dataset is deleted, but not while a job writes it")
    func deletion() async throws {
        let api = TestAPI()
        let busy = try await api.send(.delete, "/api/projects/flights/datasets/busy")
        #expect(try (busy.status, busy.problem) == (409, "conflict"))
        #expect(try await api.send(.delete, "/api/projects/flights/datasets/routes").status == 204)
        #expect(api.datasets.isDeleted)
    }

    @Test("a queue is paused with a reason, and resumed")
    func queues() async throws {
        let api = TestAPI()
        _ = try await api.submit()
        let paused = try await api.send(.post, "/api/queues/import/pause", #"{"reason":"disk"}"#)
        #expect(paused.status == 200)
        let pause = try #require(try paused.member("paused")).object()
        #expect(pause["reason"]?.stringValue == "disk")
        #expect(try await api.get("/api/jobs").json.elements()[0].object()["substate"]?.stringValue == "paused")
        #expect(try await api.send(.post, "/api/queues/import/pause").status == 200)
        let resumed = try await api.send(.post, "/api/queues/import/resume")
        #expect(try resumed.member("paused") == nil)
        #expect(try resumed.member("depth")?.object()["queued"]?.int64Value == 1)
        #expect(try await api.get("/api/queues").json.elements().count == 1)
        #expect(try await api.get("/api/queues/import").string("name") == "import")
        #expect(try await api.send(.post, "/api/queues/b%C3%A4/pause", #"{"create":true}"#).string("name") == "bä")
    }

    @Test("workers are listed with what they hold of the asker's, and shown one by one")
    func workers() async throws {
        let api = TestAPI()
        var worker = WorkerAnnouncement(
            id: "w",
            name: "host:17",
            version: "1.2",
            queues: ["import"],
            types: ["Import"],
            slots: 4,
            startedAt: api.clock.now().wall,
            lease: .seconds(30)
        )
        worker.running = 1
        try await api.memory.announce(worker)
        let id = try await api.submit()
        _ = try await api.claim()
        api.clock.advance(by: .seconds(2))
        let one =
            #"{"id":"w","name":"host:17","version":"1.2","queues":["import"],"types":["Import"],"slots":4,"#
            + #""running":1,"state":"run","wanted":"run","startedAt":"2026-01-01T00:00:00Z","leaseSeconds":30,"#
            + #""heartbeatAt":"2026-01-01T00:00:00Z","#
            + #""heartbeatAgeSeconds":2,"leaseCount":1,"leases":[{"id":"\#(id)","number":1,"fence":1,"#
            + #""leaseExpiresAt":"2026-01-01T00:00:30Z"}]}"#
        #expect(try await api.get("/api/workers").text == "[\(one)]")
        #expect(try await api.get("/api/workers/w").text == one)
        #expect(try await api.get("/api/workers/x").status == 404)
        #expect(try await api.send(.post, "/api/workers").status == 405)
    }

    @Test("a queue tells its limits")
    func limits() async throws {
        let api = TestAPI()
        let limit = RateLimit(count: 5, per: .milliseconds(1500))
        try await api.store.configure(queue: "import", .rateLimit(limit))
        try await api.store.configure(queue: "import", .concurrency(2))
        let queue = try await api.get("/api/queues/import").json.object()
        #expect(queue["concurrency"]?.int64Value == 2)
        let told = try #require(queue["rateLimit"]).object()
        #expect(told["count"]?.int64Value == 5 && told["perSeconds"]?.doubleValue == 1.5)
    }

    @Test("the known types are listed with what holds for them")
    func types() async throws {
        let api = TestAPI()
        let one = #"{"type":"Import","queue":"import","maxAttempts":5,"timeoutSeconds":60}"#
        #expect(try await api.get("/api/job-types").json.elements().count == 4)
        #expect(try await api.get("/api/job-types/Import").text == one)
        #expect(try await api.get("/api/job-types/Nope").status == 404)
    }

    @Test("a type tells its schemas, and what it is called in the reader's language")
    func descriptions() async throws {
        let api = TestAPI()
        let plain = try await api.get("/api/job-types/Export")
        #expect(try plain.string("label") == "Export data" && plain.headers[.contentLanguage] == "en")
        #expect(try plain.member("payloadSchema")?.string == #"{"type":"object"}"#)
        for (query, header, label) in [
            ("?lang=de", nil, "Daten ausgeben"), ("?lang=de-CH", nil, "Daten ausgeben"),
            ("", "fr, de;q=0.8, en;q=0.5", "Daten ausgeben"), ("", "de;q=0.1, en", "Export data"),
            ("?lang=en", "de", "Export data"), ("?lang=fr", nil, "Export data"), ("", "de;q=0", "Export data"),
        ] as [(String, String?, String)] {
            var headers: HTTPFields = [:]
            headers[.acceptLanguage] = header
            let reply = try await api.get("/api/job-types/Export\(query)", headers: headers)
            #expect(try reply.string("label") == label, "\(query) \(header ?? "")")
            #expect(reply.headers[.vary]?.contains("Accept-Language") == true)
        }
        let list = try await api.get("/api/job-types?lang=de").json.elements().map { try $0.object() }
        #expect(list.compactMap { $0["label"]?.stringValue } == ["Daten ausgeben"])
    }

    @Test("a server is alive without its store, and ready only with it")
    func health() async throws {
        let api = TestAPI()
        #expect(try await api.get("/readyz").status == 200)
        api.store.fail(.unavailable)
        #expect(try await api.get("/livez").status == 200)
        #expect(try await api.get("/readyz").status == 503)
        #expect(try await api.get("/healthz").status == 503)
        let verbose = try await api.get("/readyz?verbose")
        #expect(verbose.text.contains("[-]store failed"))
        #expect(!verbose.text.contains("secret"))
        #expect(verbose.headers[.retryAfter] == "1")
    }

    @Test("a condition that is not as it should be is shown, and does not make a server unready")
    func conditions() async throws {
        let api = TestAPI { $0.conditions = { [.init(name: "notify", state: "degraded", isGood: false)] } }
        let answer = try await api.get("/readyz?verbose")
        #expect(answer.status == 200 && answer.text.contains("[!]notify degraded\n"))
        #expect(answer.headers[.retryAfter] == nil)
    }
}
#endif
