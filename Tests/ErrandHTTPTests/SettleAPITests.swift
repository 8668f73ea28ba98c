#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

/// How runs of workers elsewhere end, once or said twice.
@Suite("Ends of runs elsewhere", .timeLimit(.minutes(5)))
struct SettleAPITests {
    private let worker = TestWorker(TestAPI())
    private var api: TestAPI { worker.api }

    private func claimed(_ change: (inout NewJob) -> Void = { _ in }) async throws -> TestWorker.Job {
        _ = try await api.submit("Import", change)
        return try await worker.claim(worker.session())[0]
    }

    @Test("a result is kept, and said again it is taken for what it was")
    func complete() async throws {
        let job = try await claimed()
        for _ in 1...2 {
            let reply = try await job.post("complete", #"{"result":{"n":1}}"#)
            #expect(try reply.status == 200 && reply.string("status") == "Completed")
        }
        #expect(try await api.get("/api/jobs/\(job.id)/result").text == #"{"n":1}"#)
        for (call, body) in [("complete", #"{"result":2}"#), ("fail", #"{"message":"m"}"#), ("release", "{}")] {
            let other = try await job.post(call, body)
            #expect(try other.status == 409 && other.problem == "already-settled")
        }
        #expect(try await job.post("progress", #"{"progress":1}"#).problem == "lease-lost")
    }

    @Test("a failure is retried after the delay asked for, or never; said again it changes nothing")
    func fail() async throws {
        let job = try await claimed { $0.maxAttempts = 3 }
        let body = #"{"code":"http_503","message":"busy","details":{"a":1},"retryAfterSeconds":10}"#
        for _ in 1...2 {
            let reply = try await job.post("fail", body)
            #expect(try reply.status == 200 && reply.string("status") == "Queued")
            let runAt = try #require(try reply.string("runAt").flatMap(RFC3339.parse))
            #expect(runAt == api.clock.now().wall.addingTimeInterval(10))
        }
        #expect(try await job.post("fail", #"{"message":"other"}"#).problem == "already-settled")
        api.clock.advance(by: .seconds(10))
        let again = try await worker.claim(worker.session())[0]
        #expect(again.json["attempt"]?.int64Value == 2)
        // The first run's end is known while the second runs, and does not disturb it.
        #expect(try await job.post("fail", body).string("status") == "Queued")
        let last = try await again.post("fail", #"{"message":"broken","retryable":false}"#)
        #expect(try last.string("status") == "Failed")
        let record = try await api.memory.job(.id(job.id), scope: .default)
        #expect(record.status == .failed && record.failure?.code == "error" && record.error == "broken")
        #expect(record.errors.map(\.code) == ["http_503", "error"])
    }

    @Test("without a delay of its own a failure waits longer with each attempt")
    func backoff() async throws {
        let job = try await claimed()
        let reply = try await job.post("fail", #"{"message":"m"}"#)
        let runAt = try #require(try reply.string("runAt").flatMap(RFC3339.parse))
        let now = api.clock.now().wall
        #expect(runAt >= now && runAt <= now.addingTimeInterval(1))
    }

    @Test("a released job is not charged, and is there again at once or after a while")
    func release() async throws {
        let job = try await claimed()
        for _ in 1...2 {
            #expect(try await job.post("release", #"{"reason":"stop"}"#).string("status") == "Queued")
        }
        let lines = try await api.get("/api/jobs/\(job.id)/logs").json.elements()
        #expect(try lines.map { try $0.object()["message"]?.stringValue } == ["The worker gave the job back: stop"])
        let again = try await worker.claim(worker.session())[0]
        #expect(again.json["attempt"]?.int64Value == 1)
        #expect(try await again.post("release", #"{"delaySeconds":60}"#).status == 200)
        #expect(try await worker.claim(worker.session()).isEmpty)
        api.clock.advance(by: .seconds(60))
        #expect(try await worker.claim(worker.session()).count == 1)
    }

    @Test("a cancelled job takes nothing but the word that it has stopped, and that twice")
    func cancelled() async throws {
        let job = try await claimed()
        #expect(try await job.post("cancelled", "{}").problem == "lease-lost")
        _ = try await api.memory.cancel(.id(job.id), reason: nil, scope: .default)
        #expect(try await job.post("progress", #"{"progress":1}"#).string("action") == "cancel")
        let complete = try await job.post("complete", "{}")
        #expect(try complete.problem == "lease-lost" && complete.string("currentStatus") == "Cancelled")
        // However the worker says that the run ended, it has stopped.
        #expect(try await api.memory.job(.id(job.id), scope: .default).stopping == nil)
        for _ in 1...2 { #expect(try await job.post("cancelled", "{}").status == 204) }
        #expect(try await api.memory.job(.id(job.id), scope: .default).cancelAcknowledgedAt != nil)
    }

    @Test("a worker that says that a cancelled run has stopped frees its job, which was retried meanwhile")
    func stoppedAfterRetry() async throws {
        let job = try await claimed()
        _ = try await api.memory.cancel(.id(job.id), reason: nil, scope: .default)
        _ = try await api.memory.retry(.id(job.id), runAt: nil, scope: .default)
        #expect(try await api.get("/api/jobs/\(job.id)").string("substate") == "stopping")
        #expect(try await job.post("progress", #"{"progress":1}"#).string("action") == "cancel")
        #expect(try await worker.claim(worker.session()).isEmpty)
        for _ in 1...2 { #expect(try await job.post("cancelled", "{}").status == 204) }
        #expect(try await worker.claim(worker.session()).count == 1)
    }

    @Test("a unique key that a stopping run holds is refused with when to come back")
    func keyOfStoppingRun() async throws {
        let body = #"{"type":"Import","uniqueKey":"k"}"#
        #expect(try await api.send(.post, "/api/jobs", body).status == 202)
        let job = try await worker.claim(worker.session())[0]
        _ = try await api.memory.cancel(.id(job.id), reason: nil, scope: .default)
        let refused = try await api.send(.post, "/api/jobs", body)
        #expect(try refused.status == 409 && refused.problem == "unique-conflict")
        #expect(refused.headers[.retryAfter] == "35")
        #expect(try await job.post("cancelled", "{}").status == 204)
        #expect(try await api.send(.post, "/api/jobs", body).status == 202)
    }

    @Test("a run that another has followed writes nothing")
    func lost() async throws {
        let job = try await claimed()
        api.clock.advance(by: .seconds(31))
        _ = try await api.memory.reap(limit: 10)
        let again = try await worker.claim(worker.session())[0]
        for (call, body) in [
            ("complete", "{}"), ("fail", #"{"message":"m"}"#), ("release", "{}"), ("cancelled", "{}"),
            ("progress", "{}"),
        ] {
            let reply = try await job.post(call, body)
            #expect(try reply.status == 409 && reply.problem == "lease-lost")
            // The reap moved the fence once, the second claim once more.
            #expect(try reply.member("currentFence")?.int64Value == 3)
        }
        #expect(try await job.send(.put, "checkpoint", "1").status == 409)
        #expect(try await job.upload("late").status == 409)
        #expect(try await again.post("complete", "{}").status == 200)
    }

    @Test("a file may be the result, of its own run only")
    func upload() async throws {
        let job = try await claimed()
        let reply = try await job.upload("content")
        #expect(try reply.status == 201 && reply.string("filename") == "out.bin")
        let id = try #require(try reply.string("uploadId"))
        let other = try await claimed()
        let body = "{\"resultUploadId\":\"\(id)\"}"
        #expect(try await other.post("complete", body).status == 422)
        for _ in 1...2 { #expect(try await job.post("complete", body).status == 200) }
        let files = try await api.memory.files(.id(job.id), scope: .default)
        #expect(files.map(\.name) == ["out.bin"] && files[0].size == 7)
        #expect(files[0].key.hasPrefix("tenants/default/jobs/\(job.id)/1/"))
        #expect(try await api.get("/api/jobs/\(job.id)/result").status == 303)
        // It goes with the job, and not by itself.
        api.clock.advance(by: .seconds(48 * 3600))
        #expect(try await api.memory.prune(limit: 10, deletedFiles: []).orphanedFiles.isEmpty)
    }

    @Test("a lease is of use to its own tenant's and projects' credentials only")
    func tenants() async throws {
        let api = TestAPI.withKeys()
        var job = NewJob(type: "Import", queue: "import")
        job.projectId = "p"
        _ = try await api.memory.insert([job], scope: .tenant("a"))
        let strangers = [Scope.tenant("b"), .tenant("a", projects: ["q"])]
        for scope in strangers {
            let stranger = TestWorker(api, header: try await api.header([.worker], for: scope))
            #expect(try await stranger.claim(stranger.session()).isEmpty)
        }
        let own = TestWorker(api, header: try await api.header([.worker], for: .tenant("a")))
        let id = try await own.session()
        let claimed = try #require(try await own.claim(id).first)
        for scope in strangers {
            let header = try await api.header([.worker], for: scope)
            let stranger = TestWorker(api, header: header)
            #expect(try await stranger.send(.post, "/api/worker/claim", "{\"workerId\":\"\(id)\"}").status == 409)
            var stolen = claimed
            stolen.worker = stranger
            #expect(try await stolen.post("complete", "{}").status == 404)
            #expect(try await stranger.beat(stranger.session(), claimed).first?["action"]?.stringValue == "lost")
        }
        // Another credential of the same reach may go on, as after a rotation.
        let rotated = TestWorker(api, header: try await api.header([.worker], for: .tenant("a")))
        var same = claimed
        same.worker = rotated
        #expect(try await same.post("complete", "{}").status == 200)
    }
}
#endif
