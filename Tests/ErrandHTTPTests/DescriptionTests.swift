#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("What the API says of itself", .timeLimit(.minutes(5)))
struct DescriptionTests {
    private static let routes = TestAPI().api.routes

    @Test("every route is described", arguments: routes)
    func isDescribed(_ route: APIRoute) {
        #expect(
            route.missingDescription.isEmpty,
            "\(route.operation) (\(route.method) \(route.path)) lacks \(route.missingDescription)"
        )
    }

    @Test("a route without a description is found lacking all of it")
    func missing() {
        let route = APIRoute(.put, "/api/x/{id}", "putX", .admin) { _, _ in throw Problem(.gone, nil) }.taking(.object)
        #expect(
            route.missingDescription
                == ["documented(_:_:)", "answering(_:)", "with(id of the path)", "taking(_:_:example:)"]
        )
    }

    @Test("an example is what its schema says", arguments: routes)
    func examples(_ route: APIRoute) throws {
        guard let schema = route.description.body else { return }
        let example = try JSONText(validating: #require(route.description.example))
        #expect(SchemaCheck.findings(in: example, schema) == [])
    }

    @Test("the handler knows every field of the body that is declared", arguments: routes)
    func fields(_ route: APIRoute) async throws {
        guard let schema = route.description.body, route.body != .value else { return }
        let api = TestAPI()
        for property in schema.properties {
            // An object in an array is of the right type for no field, so that only known names are refused for it.
            let body = "{\"type\":\"Import\",\"\(property.name)\":[[{}]]}".replacing(
                "\"type\":\"Import\",\"type\"",
                with: "\"type\""
            )
            let reply = try await api.send(route.method, path(route), body)
            let unknown = try zip(reply.places, reply.codes).filter { $0.1 == "unknown-field" }.map(\.0)
            #expect(!unknown.contains("/\(property.name)"))
        }
    }

    @Test("the handler has the parameters of the query that are declared, and no others", arguments: routes)
    func parameters(_ route: APIRoute) async throws {
        let api = TestAPI()
        // A job that has ended, as a stream of another would not end.
        let job = try await api.complete()
        let declared = route.description.parameters.filter { $0.place == .query }.map(\.name).sorted()
        let reply = try await api.send(route.method, path(route, job: job) + "?nonsense=1")
        if reply.status == 400, let detail = try reply.string("detail"), detail.contains("has no parameter") {
            let known = detail.split(separator: " it has ").last?.split(separator: ".").first ?? ""
            #expect(known == (declared.isEmpty ? "none" : declared.joined(separator: ", ")))
        } else if route.body != .file {
            // A ticket is looked at before the handler is asked.
            let own = declared.filter { !route.takesTicket || $0 != "ticket" }
            #expect(own.isEmpty, "\(reply.status) \(reply.text)")
        }
    }

    private func path(_ route: APIRoute, job: JobID? = nil) -> String {
        route.path.replacing("{id}", with: job.map { "\($0)" } ?? "1").replacing("{projectId}", with: "flights")
            .replacing("{name}", with: "routes")
    }

    @Test("the description is served, is the same each time, and need not be sent twice")
    func served() async throws {
        let api = TestAPI()
        let reply = try await api.get("/api/openapi.json")
        #expect(reply.status == 200)
        #expect(try reply.string("openapi") == "3.1.0")
        let paths = try #require(try reply.member("paths")).object().members.map(\.name)
        #expect(Set(paths) == Set(Self.routes.map(\.path)))
        #expect(try await TestAPI().get("/api/openapi.json").text == reply.text)
        let tag = try #require(reply.headers[.eTag])
        #expect(!tag.hasPrefix("W/"))
        let again = try await api.get("/api/openapi.json", headers: [.ifNoneMatch: tag])
        #expect(again.status == 304 && again.text.isEmpty && again.headers[.eTag] == tag)
    }

    @Test("a whole number may have a fraction of nothing, as JSON Schema has it")
    func wholeNumbers() async throws {
        let api = TestAPI()
        let job = try await api.send(.post, "/api/jobs", #"{"type":"Import","priority":-7.0,"maxAttempts":1e1}"#)
        #expect(job.status == 202)
        #expect(try job.member("priority")?.int64Value == -7 && job.member("maxAttempts")?.int64Value == 10)
        for number in ["7.5", "9007199254740994.0", "1e400"] {
            let refused = try await api.send(.post, "/api/jobs", "{\"type\":\"Import\",\"recordExpiresAt\":\(number)}")
            #expect(refused.status == 422, "\(number)")
        }
    }

    @Test("a path that is a word has its own methods, not those of a parameter in its place")
    func methodsOfWords() async throws {
        #expect(try await TestAPI().send(.options, "/api/jobs/bulk").headers[.allow] == "POST, OPTIONS")
        #expect(try await TestAPI().send(.options, "/api/jobs/stats").headers[.allow] == "GET, HEAD, OPTIONS")
    }

    @Test("every reference leads to something")
    func references() async throws {
        let text = try await TestAPI().get("/api/openapi.json").text
        let components = try #require(try JSONText(validating: text).object()["components"]).object()
        let references = text.matches(of: /"#\/components\/([a-zA-Z]+)\/([^"]+)"/)
        #expect(references.count > 100)
        for reference in references {
            let group = try #require(components[String(reference.1)]).object()
            #expect(group[String(reference.2)] != nil, "\(reference.0)")
        }
    }

    @Test("a server that asks for keys says so for each operation, one that does not leaves it open")
    func security() async throws {
        for (api, wanted) in [
            (TestAPI.withKeys(), #"[{"key":["jobs:read"]}]"#), (TestAPI(), #"[{"key":["jobs:read"]},{}]"#),
        ] {
            let paths = try #require(try await api.get("/api/openapi.json").member("paths")).object()
            let list = try #require(paths["/api/jobs"]).object()["get"]?.object()
            #expect(list?["security"]?.string == wanted)
            #expect(list?["x-errand-scope"]?.stringValue == "jobs:read")
            #expect(try #require(paths["/livez"]).object()["get"]?.object()["security"]?.string == "[]")
        }
    }

    @Test("the page has every operation and loads nothing, by its own word and its policy")
    func page() async throws {
        let reply = try await TestAPI().get("/api/docs")
        #expect(reply.status == 200)
        #expect(reply.headers[.contentType] == "text/html; charset=utf-8")
        for route in Self.routes { #expect(reply.text.contains("<article id=\"\(route.operation)\">")) }
        let policy = try #require(reply.headers[.contentSecurityPolicy])
        #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-"))
        for loading in ["<script", "<link", "<img", "@import", "url(", "src="] {
            #expect(!reply.text.contains(loading))
        }
        let targets = reply.text.matches(of: /href="#([^"]+)"/).map { String($0.1) }
        #expect(targets.count > 50)
        for target in Set(targets) { #expect(reply.text.contains("id=\"\(target)\"")) }
    }

    @Test("every kind of problem is explained at its address, as the client likes it", arguments: ProblemType.allCases)
    func problem(_ type: ProblemType) async throws {
        let api = TestAPI()
        let path = "/problems/\(type.rawValue)"
        if type != .quotaExceeded { #expect(type.uri == path) }
        let text = try await api.get(path)
        #expect(text.headers[.contentType] == "text/plain; charset=utf-8" && text.text.contains(type.remedy))
        let page = try await api.get(path, headers: [.accept: "text/html,application/xhtml+xml,*/*;q=0.8"])
        #expect(
            page.headers[.contentType] == "text/html; charset=utf-8" && page.text.contains("<h1>\(type.rawValue)</h1>")
        )
        #expect(page.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
        let json = try await api.get(path, headers: [.accept: "application/json"])
        #expect(try json.string("remedy") == type.remedy)
        #expect(Set([text, page, json].map { $0.headers[.eTag] }).count == 3)
    }
}
#endif
