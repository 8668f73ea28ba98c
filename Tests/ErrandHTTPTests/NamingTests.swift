#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

/// What Unicode calls the same text in another spelling is another name.
@Suite("Names over HTTP", .timeLimit(.minutes(5)))
struct NamingTests {
    private let one: Name = "caf\u{E9}"
    private let other: Name = "cafe\u{301}"

    @Test("a tenant sees nothing of one that is spelt otherwise, and projects of it are apart")
    func tenants() async throws {
        let api = TestAPI.withKeys()
        let job = try await api.memory.insert([named(one)], scope: .tenant(one))[0]
        let own = try await api.header([.jobsRead, .admin], for: .tenant(one, projects: [one]))
        #expect(try await api.send(.get, "/api/jobs/\(job.id)", headers: own).status == 200)
        for scope in [Scope.tenant(other), .tenant(other, projects: [one]), .tenant(one, projects: [other])] {
            let foreign = try await api.header([.jobsRead, .admin, .jobsOperate], for: scope)
            #expect(try await api.send(.get, "/api/jobs/\(job.id)", headers: foreign).status == 404)
            #expect(try await api.send(.post, "/api/jobs/\(job.id)/cancel", headers: foreign).status == 404)
            let list = try await api.send(.get, "/api/jobs", headers: foreign)
            #expect(list.status == 200 && list.text == "[]")
        }
        let project = PercentCoding.encode(other.text)
        #expect(try await api.send(.get, "/api/projects/\(project)/datasets", headers: own).status == 404)
    }

    @Test("a tenant's quota is not used up by one that is spelt otherwise")
    func quotas() async throws {
        var quotas = TenantQuotas()
        quotas.requestsPerMinute = 1
        let keeper = QuotaKeeper(quotas, clock: TestAPI().clock)
        _ = try keeper.request(.tenant(one))
        _ = try keeper.request(.tenant(other))
        #expect(throws: Problem.self) { try keeper.request(.tenant(one)) }
    }

    @Test("a key for projects reaches no further than its maker, byte for byte")
    func keys() {
        #expect(Scope.tenant(one).contains(.tenant(one, projects: [other])))
        #expect(!Scope.tenant(one).contains(.tenant(other)))
        #expect(!Scope.tenant(one, projects: [one]).contains(.tenant(one, projects: [other])))
        #expect(Scope.tenant(one).words.map { Array($0.utf8) } != Scope.tenant(other).words.map { Array($0.utf8) })
    }

    @Test("a list is of the queue that is asked for, and a cursor of the list that it was given with")
    func lists() async throws {
        let api = TestAPI()
        for name in [one, one, other] { _ = try await api.memory.insert([named(name)], scope: .default) }
        let list = try await api.get("/api/jobs?limit=1&queue=\(PercentCoding.encode(one.text))")
        let link = try #require(list.headers[.link])
        let cursor = try #require(link.firstRange(of: "cursor=").map { link[$0.upperBound...].prefix { $0 != ">" } })
        let foreign = try await api.get("/api/jobs?limit=1&queue=\(PercentCoding.encode(other.text))&cursor=\(cursor)")
        #expect(foreign.status == 400)
        let both = try await api.get("/api/jobs?type=Import&queue=\(PercentCoding.encode(other.text))")
        #expect(try both.json.elements().count == 1)
    }

    @Test("a field's name in another spelling is no field")
    func fields() async throws {
        let api = TestAPI()
        // The sign for kelvin, which Unicode calls the same as the letter.
        let body = "{\"type\":\"Import\",\"payload\":{},\"unique\u{212A}ey\":\"k\"}"
        let reply = try await api.send(.post, "/api/jobs", body)
        #expect(reply.status == 422 && reply.text.contains("unknown-field"))
    }

    @Test("what looks like a secret is not shown, whatever accent stands behind it")
    func redaction() throws {
        let shown = Redaction.redacted(try JSONText(validating: "{\"password\u{301}\":\"s\",\"na\u{308}me\":1}"))
        #expect(shown == (try JSONText(validating: "{\"password\u{301}\":\"[redacted]\",\"na\u{308}me\":1}")))
    }

    @Test("markup is escaped before an accent as well")
    func markup() {
        #expect(
            HTML.text("<\u{301}a href=\"\u{301}&\u{301}>").markup == "&lt;\u{301}a href=&quot;\u{301}&amp;\u{301}&gt;"
        )
    }

    private func named(_ name: Name) -> NewJob {
        var job = NewJob(type: "Import", queue: name)
        job.projectId = name
        return job
    }
}
#endif
