#if Server
import Errand
import FoundationEssentials
import Testing

/// F43: what is secret is put in marked, the server is used and misused, and the marks are looked for in all it says.
@Suite("Secrets stay where they were put (F43)", .timeLimit(.minutes(5)))
struct SecretCanaryTests {
    /// What a client sends: a request, and words that may appear in its answer alone.
    private struct Step {
        let method: String
        let path: String
        var body: String?
        /// With which credential.
        var key: String?
    }

    /// What the server answered to everything.
    private struct Answers {
        var all = ""
        var last = ""
    }

    @Test("no log line, problem, metric, event or list shows a secret", arguments: TestedStore.allCases)
    func canaries(_ store: TestedStore) async throws {
        let folder = try Folder(store)
        try folder.write(
            "errand.yaml",
            """
            types:
              fail: {command: [sh, -c, "echo broken >&2; exit 3"], maxAttempts: 1}
              elsewhere: {external: true}
            """
        )
        if store == .postgres { #expect(try await folder.errand("migrate").status == 0) }
        let made = try await folder.errand("keys", "create", "ops", "--scopes", "admin,worker")
        let key = try #require(made.lines.first)
        let running = try Running(
            ["serve", "--port", "0", "--config", "errand.yaml", "--auth", "keys", "--log-level", "trace"],
            in: folder,
            environment: ["PASSWORD_OF_OTHERS": "CANARY-environment"]
        )
        let url = try await running.line(after: "Listening on ")
        var answers = Answers()
        for step in Self.steps(key) { try await take(step, url, folder, &answers) }
        let lease = try await claim(url, key, folder, &answers)
        _ = try await folder.errand("watch", "1", "--server", url, environment: ["ERRAND_KEY": key])
        let shown = answers.all
        running.signal(15)
        let log = await running.outcome()
        #expect(log.status == 0 && log.errors.contains("job"), "\(log.errors)")
        let secrets = ["CANARY-environment", "CANARY-payload", "CANARY-metadata", "CANARY-wrong-key", key, lease]
        for secret in secrets + [String(key.dropFirst(20)), "CANARY-webhook"] {
            #expect(!log.errors.contains(secret), "the log has \(secret)")
            #expect(!shown.contains(secret), "an answer has \(secret)")
        }
    }

    private static func steps(_ key: String) -> [Step] {
        let submit = #"{"type":"fail","payload":{"password":"CANARY-payload"},"metadata":{"token":"CANARY-metadata"}}"#
        return [
            Step(method: "POST", path: "/api/jobs", body: submit, key: key),
            Step(method: "POST", path: "/api/jobs", body: submit.replacing("fail", with: "elsewhere"), key: key),
            Step(method: "POST", path: "/api/jobs", body: submit.replacing("fail", with: "unknown"), key: key),
            Step(method: "POST", path: "/api/jobs", body: submit + "x", key: key),
            Step(method: "POST", path: "/api/jobs", body: submit, key: "ek_CANARY-wrong-key"),
            Step(method: "GET", path: "/api/jobs", key: key), Step(method: "GET", path: "/api/jobs/1", key: key),
            Step(method: "GET", path: "/api/jobs/1/attempts", key: key),
            Step(method: "GET", path: "/api/jobs/1/logs", key: key),
            Step(method: "GET", path: "/api/jobs/1/explain", key: key),
            Step(method: "GET", path: "/api/keys", key: key), Step(method: "GET", path: "/api/workers", key: key),
            Step(method: "GET", path: "/api/audit", key: key), Step(method: "GET", path: "/api/openapi.json"),
            Step(method: "GET", path: "/metrics", key: key), Step(method: "GET", path: "/readyz?verbose"),
            Step(
                method: "POST",
                path: "/api/webhooks",
                body: #"{"url":"https://user:CANARY-webhook@127.0.0.1/"}"#,
                key: key
            ),
        ]
    }

    private func take(_ step: Step, _ url: String, _ folder: Folder, _ answers: inout Answers) async throws {
        var arguments = ["curl", "-s", "-i", "--max-time", "20", "-X", step.method, url + step.path]
        if let key = step.key { arguments += ["-H", "Authorization: Bearer \(key)"] }
        if let body = step.body { arguments += ["-H", "Content-Type: application/json", "--data", body] }
        let answer = try await Running(arguments, executable: "/usr/bin/env", in: folder).outcome().output
        #expect(answer.hasPrefix("HTTP/1.1 "), "\(step.method) \(step.path): \(answer)")
        #expect(!answer.hasPrefix("HTTP/1.1 5"), "\(step.method) \(step.path): \(answer)")
        (answers.all, answers.last) = (answers.all + answer, answer)
    }

    /// Claims the job that waits for a worker elsewhere, and ends it wrongly; answers with the token of its lease.
    ///
    /// The answer to the claim has the payload and the lease, as it must; it is not among those that are looked at.
    private func claim(_ url: String, _ key: String, _ folder: Folder, _ answers: inout Answers) async throws -> String
    {
        var unseen = Answers()
        let session = #"{"name":"w","types":["elsewhere"],"slots":1}"#
        try await take(
            Step(method: "POST", path: "/api/worker/sessions", body: session, key: key),
            url,
            folder,
            &unseen
        )
        let worker = try #require(try Self.body(unseen.last)["workerId"]?.stringValue)
        let claim = "{\"workerId\":\"\(worker)\",\"max\":1}"
        try await take(Step(method: "POST", path: "/api/worker/claim", body: claim, key: key), url, folder, &unseen)
        let job = try #require(try Self.body(unseen.last)["jobs"]?.elements().first?.object())
        let lease = try #require(try job["lease"]?.object()["token"]?.stringValue)
        let id = try #require(job["id"]?.stringValue)
        let end = ["-H", "Job-Lease: \(lease)x", "-H", "Content-Type: application/json", "--data", #"{"result":1}"#]
        let refused = try Running(
            ["curl", "-s", "-H", "Authorization: Bearer \(key)", "\(url)/api/worker/jobs/\(id)/complete"] + end,
            executable: "/usr/bin/env",
            in: folder
        )
        answers.all += await refused.outcome().output
        return lease
    }

    private static func body(_ answer: String) throws -> JSONObject {
        try JSONText(validating: String(#require(answer.split(separator: "\r\n").last))).object()
    }
}
#endif
