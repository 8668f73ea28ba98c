#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Synchronization
import Testing

@testable import ErrandHTTP

@Suite("The samples of PAStools", .timeLimit(.minutes(5)))
struct GoldenTests {
    static let id = "123e4567-e89b-12d3-a456-426614174000"

    static let listed = #"""
        {"id":"123e4567-e89b-12d3-a456-426614174000","type":"Import","projectId":"proj-123",
        "projectName":"Plant A Commissioning","status":"Running","progress":45,"createdAt":"2024-01-15T10:30:00Z",
        "startedAt":"2024-01-15T10:30:05Z","createdBy":"user-123","createdByName":"John Doe"}
        """#
    static let single = #"""
        {"id":"123e4567-e89b-12d3-a456-426614174000","type":"Import","projectId":"proj-123",
        "projectName":"Plant A Commissioning","status":"Completed","progress":100,
        "result":{"recordsProcessed":100,"recordsCreated":95,"errors":5},"createdAt":"2024-01-15T10:30:00Z",
        "startedAt":"2024-01-15T10:30:05Z","completedAt":"2024-01-15T10:35:00Z","createdBy":"user-123",
        "createdByName":"John Doe"}
        """#
    static let stats = #"{"total":150,"queued":5,"running":3,"completed":130,"failed":10,"cancelled":2}"#
    static let cancelled =
        #"{"id":"123e4567-e89b-12d3-a456-426614174000","status":"Cancelled","completedAt":"2024-01-15T10:32:00Z"}"#
    static let retried =
        #"{"id":"123e4567-e89b-12d3-a456-426614174000","status":"Queued","progress":0,"error":null,"#
        + #""startedAt":null,"completedAt":null}"#

    private func job(_ status: JobStatus, completedAt: String? = nil) throws -> Job {
        var new = NewJob(type: "Import", queue: "import")
        (new.projectId, new.projectName) = ("proj-123", "Plant A Commissioning")
        (new.createdBy, new.createdByName) = ("user-123", "John Doe")
        let created = try #require(RFC3339.parse("2024-01-15T10:30:00Z"))
        var job = Job.submitted(
            new,
            as: (try #require(JobID(Self.id)), 1),
            tenantId: "default",
            at: StoreTime(wall: created, steady: .zero)
        )
        job.status = status
        job.startedAt = created.addingTimeInterval(5)
        job.completedAt = try completedAt.map { try #require(RFC3339.parse($0)) }
        return job
    }

    private func api(showing job: Job) -> TestAPI {
        let api = TestAPI()
        api.store.script.withLock { $0.jobs = [job] }
        return api
    }

    /// The sample's keys are there in its order with its values; others may stand between and after them.
    private func expect(_ text: JSONText, contains sample: String) throws {
        let wanted = try JSONText(validating: sample).object().members
        let names = Set(wanted.map(\.name))
        let given = try text.object().members.filter { names.contains($0.name) }
        #expect(given.map(\.name) == wanted.map(\.name))
        #expect(given.map(\.value) == wanted.map(\.value))
    }

    @Test("a list holds the sample's keys and values in its order, and no absent ones")
    func list() async throws {
        var job = try job(.running)
        job.progress = 45
        let api = api(showing: job)
        for path in ["/api/jobs?status=Running", "/api/jobs/projects/proj-123"] {
            let reply = try await api.get(path)
            #expect(reply.status == 200)
            let first = try #require(try reply.json.elements().first)
            try expect(first, contains: Self.listed)
            for absent in ["result", "error", "completedAt", "payload", "internalData"] {
                #expect(try first.object()[absent] == nil, "\(absent)")
            }
        }
    }

    @Test("a single job holds the sample's keys and values in its order")
    func single() async throws {
        var job = try job(.completed, completedAt: "2024-01-15T10:35:00Z")
        job.progress = 100
        job.result = try JSONText(validating: #"{"recordsProcessed":100,"recordsCreated":95,"errors":5}"#)
        job.resultType = .inline
        let reply = try await api(showing: job).get("/api/jobs/\(Self.id)")
        #expect(reply.status == 200)
        try expect(reply.json, contains: Self.single)
    }

    @Test("the counts of a project equal the sample")
    func stats() async throws {
        let api = TestAPI()
        var counts = StatusCounts()
        (counts.queued, counts.running, counts.completed) = (5, 3, 130)
        (counts.failed, counts.cancelled) = (10, 2)
        let fixed = counts
        api.store.script.withLock { $0.counts = ["proj-123": fixed] }
        #expect(try await api.get("/api/jobs/projects/proj-123/stats").text == Self.stats)
    }

    @Test("the reply to a cancel equals the sample")
    func cancel() async throws {
        let api = api(showing: try job(.cancelled, completedAt: "2024-01-15T10:32:00Z"))
        let reply = try await api.send(.post, "/api/jobs/\(Self.id)/cancel")
        #expect(reply.status == 200)
        #expect(reply.text == Self.cancelled)
    }

    @Test("the reply to a retry equals the sample, nulls included")
    func retry() async throws {
        var job = try job(.queued)
        job.startedAt = nil
        job.progress = 0
        let reply = try await api(showing: job).send(.post, "/api/jobs/\(Self.id)/retry")
        #expect(reply.status == 200)
        #expect(reply.text == Self.retried)
    }
}
#endif
