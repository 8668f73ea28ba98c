#if Server
import Errand
import Foundation
import Testing

@Suite("errand serve and its clients", .timeLimit(.minutes(5)))
struct ServingTests {
    @Test(
        "a file that is imported comes out of the export again, and a stop is clean",
        arguments: TestedStore.allCases
    )
    func roundTrip(store: TestedStore) async throws {
        let folder = try Folder(store)
        let rows = "name,amount\n" + (1...500).map { "customer \($0),\($0).50\n" }.joined()
        try folder.write("invoices.csv", rows)
        let server = try await Server(in: folder)
        let imported = try await folder.errand("import", "invoices.csv", "--project", "demo")
        #expect(imported.status == 0, "\(imported.errors)")
        #expect(imported.output.contains("Imported 500 rows into demo/invoices"))
        let watched = try await folder.errand("watch", "1")
        #expect(watched.status == 0)
        #expect(watched.output.contains("#1 Import completed"))
        let exported = try await folder.errand("export", "invoices", "--project", "demo")
        #expect(exported.status == 0, "\(exported.errors)")
        #expect(exported.output.replacing("\r\n", with: "\n") == rows)
        let listed = try await folder.errand("datasets", "--project", "demo", "--json")
        #expect(try JSONText(validating: listed.output).object()["rows"]?.int64Value == 500)
        let stopped = await server.stop()
        #expect(stopped.status == 0, "\(stopped.errors)")
        #expect(stopped.errors.contains("store closed"))
    }

    @Test("rows that cannot be read are counted and listed", arguments: TestedStore.allCases)
    func errorReport(store: TestedStore) async throws {
        let folder = try Folder(store)
        try folder.write("bad.csv", "a,b\n1,2\n3\n4,5\n")
        let server = try await Server(in: folder)
        let imported = try await folder.errand("import", "bad.csv", "--project", "p", "--dataset", "d")
        #expect(imported.status == 0, "\(imported.errors)")
        #expect(imported.output.contains("1 row could not be read: errand result 1 --file errors.csv"))
        let report = try await folder.errand("result", "1", "--file", "errors.csv")
        #expect(report.lines.count == 2)
        #expect(report.lines.last?.hasPrefix("3,") == true)
        _ = await server.stop()
    }

    @Test("a second process on the same store is refused with the owner's process id, and talks to it as a client")
    func secondProcess() async throws {
        let folder = try Folder()
        let server = try await Server(in: folder)
        let second = try await folder.errand("serve", "--port", "0")
        #expect(second.status == 75)
        #expect(second.errors.contains("process \(server.running.pid)"))
        let listed = try await folder.errand("list")
        #expect(listed.status == 0)
        #expect(listed.errors == "No jobs.\n")
        _ = await server.stop()
    }

    @Test("a configured program runs, and its end is the exit code", arguments: TestedStore.allCases)
    func programs(store: TestedStore) async throws {
        let folder = try Folder(store)
        try folder.write(
            "errand.yaml",
            """
            types:
              fine: {command: [cat], queue: programs}
              broken: {command: ["false"], maxAttempts: 1}
            queues:
              programs: {concurrency: 1, rateLimit: {count: 100, per: 1m}}
            """
        )
        let server = try await Server(in: folder, "--config", "errand.yaml")
        let fine = try await folder.errand("submit", "fine", #"{"n": 1}"#, "--watch")
        #expect(fine.status == 0, "\(fine.errors)")
        let broken = try await folder.errand("submit", "broken", "--watch")
        #expect(broken.status == 1)
        #expect(broken.output.contains("#2 broken failed"))
        let queues = try await folder.errand("queues", "--json")
        #expect(queues.output.contains(#""name":"programs""#))
        #expect(queues.output.contains(#""concurrency":1"#))
        #expect(queues.output.contains(#""rateLimit":{"count":100,"perSeconds":60"#))
        _ = await server.stop()
    }

    @Test(
        "jobs are shown, cancelled, retried and paused from the command line",
        arguments: TestedStore.allCases
    )
    func operating(store: TestedStore) async throws {
        let folder = try Folder(store)
        try folder.write("errand.yaml", "types: {wait: {command: [cat]}}\n")
        let server = try await Server(in: folder, "--config", "errand.yaml")
        #expect(try await folder.errand("queues", "pause", "default", "--reason", "deploy").status == 0)
        let submitted = try await folder.errand("submit", "wait", "--json", "--tag", "nightly", "--priority", "-1")
        let job = try JSONText(validating: submitted.output).object()
        #expect(job["priority"]?.int64Value == -1)
        #expect(try await folder.errand("show", "1").output.contains("Queued (paused)"))
        #expect(try await folder.errand("cancel", "1", "--reason", "not needed").status == 0)
        #expect(try await folder.errand("cancel", "1").status == 65)
        #expect(try await folder.errand("watch", "1").status == 2)
        #expect(try await folder.errand("queues", "resume", "default").status == 0)
        #expect(try await folder.errand("retry", "1", "--watch").status == 0)
        #expect(try await folder.errand("show", "77").status == 66)
        let listed = try await folder.errand("list", "--status", "completed", "--json")
        #expect(listed.lines.count == 1)
        let stats = try JSONText(validating: try await folder.errand("stats", "--json").output).object()
        #expect(stats["completed"]?.int64Value == 1)
        let shown = try await folder.errand("show", "1").output
        #expect(shown.contains(#"metadata    {"tags":["nightly"]}"#), "\(shown)")
        // Through the server, and on the store itself.
        try await queues(folder)
        _ = await server.stop()
        try await queues(folder)
    }

    /// A misspelt queue is not made by pausing it; one that was made is forgotten, and one with jobs is not.
    private func queues(_ folder: Folder) async throws {
        #expect(try await folder.errand("queues", "pause", "defualt").status == 66)
        #expect(try await folder.errand("queues", "resume", "defualt").status == 66)
        #expect(try await folder.errand("queues", "pause", "later", "--create").status == 0)
        #expect(try await folder.errand("queues", "delete", "later").status == 0)
        #expect(try await folder.errand("queues", "delete", "later").status == 66)
        #expect(try await folder.errand("queues", "delete", "default").status == 65)
        #expect(try await folder.errand("queues").output.contains("default"))
    }

    @Test("without a server the same commands work on the store, and an import runs here")
    func withoutServer() async throws {
        let folder = try Folder()
        #expect(try await folder.errand("list").status == 69)
        #expect(await (try Server(in: folder)).stop().status == 0)
        try folder.write("a.csv", "x\n1\n2\n")
        let imported = try await folder.errand("import", "a.csv", "--project", "p")
        #expect(imported.status == 0, "\(imported.errors)")
        #expect(imported.output.contains("Imported 2 rows"))
        let exported = try await folder.errand("export", "a", "--project", "p", "--output", "b.csv")
        #expect(exported.status == 0, "\(exported.errors)")
        #expect(try folder.read("b.csv").replacing("\r\n", with: "\n") == "x\n1\n2\n")
        #expect(try await folder.errand("submit", "later").status == 0)
        let watched = try await folder.errand("watch", "3")
        #expect(watched.status == 75)
        #expect(watched.errors.contains("errand serve"))
    }
}
#endif
