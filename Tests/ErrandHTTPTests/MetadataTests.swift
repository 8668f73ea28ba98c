#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ErrandHTTP

@Suite("What was submitted can be read", .timeLimit(.minutes(5)))
struct MetadataTests {
    private static let metadata = #"{"n":1.50,"big":12345678901234567890,"e":1E+3,"u":"\u00e9"}"#
    private static let body = #"{"type":"Import","tags":["a","b"],"metadata":\#(metadata)}"#

    @Test("a job shows its tags and its metadata, with the numbers as they were spelt")
    func shown() async throws {
        let api = TestAPI()
        let submitted = try await api.send(.post, "/api/jobs", Self.body)
        let expected = String(Self.metadata.dropLast()) + #","tags":["a","b"]}"#
        let id = try #require(try submitted.string("id"))
        let read = try await api.get("/api/jobs/\(id)")
        for reply in [submitted, read] {
            #expect(try reply.member("metadata")?.string == expected)
            #expect(try reply.member("tags")?.string == #"["a","b"]"#)
        }
        let tag = try #require(read.headers[.eTag])
        let changed = try await api.send(.patch, "/api/jobs/\(id)", #"{"tags":null}"#, headers: [.ifMatch: tag])
        #expect(try changed.member("metadata")?.string == Self.metadata)
        #expect(try await api.get("/api/jobs/\(id)").headers[.eTag] == changed.headers[.eTag])
        let plain = try await api.send(.post, "/api/jobs", #"{"type":"Import"}"#)
        #expect(try plain.member("metadata") == nil && plain.member("tags") == nil)
    }

    @Test("lists have it where they are asked for it, on every page")
    func lists() async throws {
        let api = TestAPI()
        for _ in 0..<3 { _ = try await api.send(.post, "/api/jobs", Self.body) }
        let plain = try await api.get("/api/jobs").json.elements()
        #expect(try plain.count == 3 && plain.allSatisfy { try $0.object()["metadata"] == nil })
        let page = try await api.get("/api/jobs?include=metadata&limit=2")
        #expect(try page.json.elements().allSatisfy { try $0.object()["metadata"]?.object()["n"]?.string == "1.50" })
        #expect(page.headers[.link]?.contains("include=metadata") == true)
        let project = try await api.get("/api/jobs/projects/p?include=metadata")
        #expect(project.status == 200)
        for wrong in ["payload", "metadata,logs"] {
            #expect(try await api.get("/api/jobs?include=\(wrong)").status == 400)
        }
    }

    @Test("what looks like a secret in it is shown to administrators who ask for it, under another tag")
    func redacted() async throws {
        let api = TestAPI.withKeys()
        let body = #"{"type":"Import","metadata":{"db":{"password":"x"},"n":1.50}}"#
        let reader = try await api.header([.jobsWrite, .jobsRead], for: .default)
        let admin = try await api.header([.admin], for: .default)
        let submitted = try await api.send(.post, "/api/jobs", body, headers: admin)
        let path = "/api/jobs/\(try #require(try submitted.string("id")))"
        for (query, headers) in [("", admin), ("", reader), ("?include=metadata", reader)] {
            for place in [path, "/api/jobs"] where place == path || !query.isEmpty {
                let text = try await api.get(place + query, headers: headers).text
                #expect(text.contains(#""metadata":{"db":{"password":"[redacted]"},"n":1.50}"#), "\(place)\(query)")
            }
        }
        #expect(submitted.text.contains("[redacted]"))
        for place in [path, "/api/jobs"] {
            let text = try await api.get(place + "?include=metadata", headers: admin).text
            #expect(text.contains(#""metadata":{"db":{"password":"x"},"n":1.50}"#), "\(place)")
        }
        let tags = [
            try await api.get(path, headers: admin), try await api.get(path, headers: reader),
            try await api.get(path + "?include=metadata", headers: reader),
            try await api.get(path + "?include=metadata", headers: admin),
        ].map { $0.headers[.eTag] }
        #expect(tags[0] == tags[1] && Set(tags).count == 3)
    }

    @Test("events carry the state of a job, and not what its submitter said once")
    func events() async throws {
        let api = TestAPI()
        let id = try await api.submit { $0.metadata = JSONText(trusted: #"{"source":"cli","tags":["t"]}"#) }
        let job = try await api.memory.job(.id(id), scope: .default)
        let text = api.api.services.eventData(job).string
        #expect(text.contains(#""tags":["t"]"#) && !text.contains("metadata"))
    }

    @Test("every field of a submit is in the job that was made of it")
    func everyField() async throws {
        let api = TestAPI()
        let first = try await api.submit()
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let body = """
            {"type":"Import","payload":{"a":1},"projectId":"p","projectName":"P","queue":"q","priority":-3,
            "runAt":"2099-01-01T00:00:00Z","after":["\(first)"],"maxAttempts":7,"timeoutSeconds":9,"uniqueKey":"k",
            "onConflict":"reject","tags":["t"],"metadata":{"m":1},"recordExpiresAt":4102444800,"createdBy":"me",
            "createdByName":"Me","webhook":{"url":"https://hook.example/hook?key=1","events":["job.failed"],
            "secret":"whsec_\(String(repeating: "A", count: 32))"}}
            """
        let submitted = try await api.send(.post, "/api/jobs", body, headers: [.traceparent: trace])
        #expect(submitted.status == 202, "\(submitted.text)")
        let id = try #require(try submitted.string("id"))
        let job = try await api.get("/api/jobs/\(id)?include=payload,webhook").json.object()
        let expected = [
            "type": #""Import""#, "payload": #"{"a":1}"#, "projectId": #""p""#, "projectName": #""P""#,
            "queue": #""q""#, "priority": "-3", "runAt": #""2099-01-01T00:00:00Z""#, "after": "[\"\(first)\"]",
            "maxAttempts": "7", "timeoutSeconds": "9", "uniqueKey": #""k""#, "tags": #"["t"]"#,
            "metadata": #"{"m":1,"tags":["t"]}"#, "recordExpiresAt": "4102444800", "createdBy": #""me""#,
            "createdByName": #""Me""#, "traceparent": "\"\(trace)\"",
        ]
        for (name, value) in expected { #expect(job[name]?.string == value, "\(name)") }
        let webhook = try #require(job["webhook"])
        #expect(webhook.string.contains(#""url":"https://hook.example/hook?key=1","events":["job.failed"]"#))
        #expect(!webhook.string.contains("whsec_"))
    }
}
#endif
