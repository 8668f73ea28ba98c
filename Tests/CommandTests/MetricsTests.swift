#if Server
import Foundation
import Testing

@Suite("Metrics of errand serve", .timeLimit(.minutes(5)))
struct MetricsTests {
    /// Fetches the metrics as Prometheus does, and has its own tool check them.
    private static func scrape(_ server: Server, in folder: Folder) async throws -> String {
        let script = """
            curl -sS --fail \(server.url)/metrics -o metrics.txt
            promtool check metrics <metrics.txt >&2
            cat metrics.txt
            """
        let outcome = try await Running(["-euc", script], executable: "/bin/sh", in: folder).outcome()
        #expect(outcome.status == 0)
        #expect(outcome.errors.isEmpty)
        return outcome.output
    }

    @Test("promtool accepts them, and they count what happened", arguments: TestedStore.allCases)
    func counting(on store: TestedStore) async throws {
        let folder = try Folder(store)
        let types = #"types: {echo: {command: [cat]}, bad: {command: ["false"], maxAttempts: 1}}"#
        try folder.write("errand.yaml", types)
        let server = try await Server(in: folder, "--config", "errand.yaml")
        _ = try await Self.scrape(server, in: folder)
        // On PostgreSQL commands open the store themselves unless they are told the server.
        let client = ["ERRAND_SERVER": server.url]
        for _ in 0..<3 {
            let outcome = try await folder.errand("submit", "echo", "{\"a\":1}", "--watch", environment: client)
            #expect(outcome.status == 0)
        }
        #expect(try await folder.errand("submit", "bad", "{}", "--watch", environment: client).status == 1)
        #expect(try await folder.errand("queues", "pause", "sl\\ow \"lane\"", "--create").status == 0)
        let text = try await Self.scrape(server, in: folder)
        let lines = Set(text.split(separator: "\n").map(String.init))
        for line in [
            #"errand_submitted_total{queue="default",type="echo"} 3"#,
            #"errand_settled_total{queue="default",type="echo",outcome="completed"} 3"#,
            #"errand_settled_total{queue="default",type="bad",outcome="failed"} 1"#,
            #"errand_attempts_total{queue="default",type="bad",result="error"} 1"#,
            #"errand_run_duration_seconds_count{queue="default",type="echo"} 3"#,
            #"errand_depth{queue="default",state="completed"} 3.0"#,
            #"errand_queue_paused{queue="sl\\ow \"lane\""} 1.0"#,
            #"errand_workers{state="live"} 1.0"#,
            #"errand_sse_clients 0.0"#,
            "errand_metric_series_dropped 0",
            #"errand_http_request_duration_seconds_count{route="/api/jobs",method="POST",code="202"} 4"#,
        ] {
            // A variable, as all lines would be shown otherwise.
            let isThere = lines.contains(line)
            #expect(isThere, "\(line)")
        }
        let (hasVersion, hasTenant) = (text.contains("errand_build_info{version="), text.contains("tenant"))
        #expect(hasVersion && !hasTenant)
        try Self.checkSize(lines, of: store)
        #expect(await server.stop().status == 0)
    }

    @Test("runs of workers elsewhere are counted like those of the server's own", arguments: TestedStore.allCases)
    func elsewhere(on store: TestedStore) async throws {
        let folder = try Folder(store)
        try folder.write("errand.yaml", "types: {far: {external: true, maxAttempts: 1}}")
        try folder.write("worker.py", Self.worker)
        let server = try await Server(in: folder, "--config", "errand.yaml")
        let worker = try Running(["python3", "worker.py", server.url], executable: "/usr/bin/env", in: folder)
        let outcome = await worker.outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = Set(try await Self.scrape(server, in: folder).split(separator: "\n").map(String.init))
        for line in [
            #"errand_settled_total{queue="default",type="far",outcome="completed"} 2"#,
            #"errand_settled_total{queue="default",type="far",outcome="failed"} 1"#,
            #"errand_attempts_total{queue="default",type="far",result="ok"} 2"#,
            #"errand_attempts_total{queue="default",type="far",result="error"} 1"#,
            #"errand_attempts_total{queue="default",type="far",result="interrupted"} 1"#,
            #"errand_run_duration_seconds_count{queue="default",type="far"} 4"#,
            #"errand_wait_duration_seconds_count{queue="default"} 4"#,
        ] {
            let isThere = lines.contains(line)
            #expect(isThere, "\(line)")
        }
        #expect(await server.stop().status == 0)
    }

    /// Submits three jobs; completes one, says so twice, completes one that it had given back, and fails one.
    private static let worker = """
        import json, sys, urllib.request

        def ask(path, body, **headers):
            data = json.dumps(body).encode()
            headers = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
            request = urllib.request.Request(sys.argv[1] + path, data=data, headers=headers)
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)

        for _ in range(3):
            ask("/api/jobs", {"type": "far"})
        worker = ask("/api/worker/sessions", {"name": "w", "types": ["far"], "slots": 1})["workerId"]
        for ends in [["complete", "complete"], ["release"], ["complete"], ["fail"]]:
            job = ask("/api/worker/claim", {"workerId": worker, "max": 1})["jobs"][0]
            lease = {"Job_Lease": job["lease"]["token"], "Job_Fence": str(job["lease"]["fence"])}
            for end in ends:
                body = {"message": "broken"} if end == "fail" else {}
                ask(f"/api/worker/jobs/{job['id']}/{end}", body, **lease)
        """

    /// The room that the store takes, and of what tells that it is not cleaned up the one that it has.
    private static func checkSize(_ lines: Set<String>, of store: TestedStore) throws {
        func value(_ name: String) -> Double? {
            lines.first { $0.hasPrefix("\(name) ") }.flatMap { Double($0.dropFirst(name.count + 1)) }
        }
        #expect(try #require(value("errand_store_used_bytes")) > 4096)
        let (log, dead) = (value("errand_store_wal_bytes"), value("errand_store_dead_tuples"))
        switch store {
        case .sqlite: #expect(try #require(log) > 0 && dead == nil)
        default: #expect(try #require(dead) >= 0 && log == nil)
        }
    }

    @Test("where keys are asked for, metrics are for the installation's administrators")
    func access() async throws {
        let folder = try Folder(.sqlite)
        let operators = try await folder.errand("keys", "create", "o", "--scopes", "admin", "--installation")
        let tenants = try await folder.errand("keys", "create", "t", "--scopes", "admin")
        let server = try await Server(in: folder, "--auth", "keys")
        func status(_ key: String?) async throws -> String {
            let header = key.map { "-H 'Authorization: Bearer \($0)'" } ?? ""
            let script = "curl -sS -o /dev/null -w '%{http_code}' \(header) \(server.url)/metrics"
            return try await Running(["-c", script], executable: "/bin/sh", in: folder).outcome().output
        }
        #expect(try await status(nil) == "401")
        #expect(try await status(tenants.lines.first) == "403")
        #expect(try await status(operators.lines.first) == "200")
        #expect(await server.stop().status == 0)
    }
}
#endif
