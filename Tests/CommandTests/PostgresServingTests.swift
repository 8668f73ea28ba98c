#if Server && Postgres
import Errand
import Foundation
import Testing

@Suite("errand on PostgreSQL", .timeLimit(.minutes(5)))
struct PostgresServingTests {
    @Test("commands work on the store beside a server, and other processes see what they do")
    func beside() async throws {
        let folder = try Folder(.postgres)
        try folder.write("errand.yaml", "types: {echo: {command: [cat]}}\n")
        let first = try await Server(in: folder, "--config", "errand.yaml")
        let second = try await Server(in: folder, "--config", "errand.yaml")
        let submitted = try await folder.errand("submit", "echo", #"{"n": 1}"#, "--watch", "--config", "errand.yaml")
        #expect(submitted.status == 0, "\(submitted.errors)")
        for url in [first.url, second.url] {
            let shown = try await folder.errand("show", "1", "--json", "--server", url)
            #expect(try JSONText(validating: shown.output).object()["status"]?.stringValue == "Completed")
        }
        for server in [first, second] {
            let stopped = await server.stop()
            #expect(stopped.status == 0, "\(stopped.errors)")
            #expect(stopped.errors.contains("every machine that works on the store needs it"))
        }
    }

    @Test("a job is cancelled while a server runs it, and tried again when its handler fails")
    func cancelAndRetry() async throws {
        let folder = try Folder(.postgres)
        let marker = "\(folder.path)/tried"
        let script = "test -e \(marker) || { touch \(marker); exit 75; }"
        try folder.write(
            "errand.yaml",
            """
            types:
              long: {command: [sleep, "600"]}
              second: {command: [sh, -c, "\(script)"]}
            """
        )
        let server = try await Server(in: folder, "--config", "errand.yaml")
        #expect(try await folder.errand("submit", "long", "--config", "errand.yaml").status == 0)
        let watching = try Running(["watch", "1", "--json"], in: folder)
        while try JSONText(validating: await watching.line(after: "")).object()["status"]?.stringValue != "Running" {}
        #expect(try await folder.errand("cancel", "1", "--reason", "too long").status == 0)
        let watched = await watching.outcome()
        #expect(watched.status == 2, "\(watched.errors)")
        let tried = try await folder.errand("submit", "second", "--watch", "--json", "--config", "errand.yaml")
        #expect(tried.status == 0, "\(tried.errors)")
        let last = try #require(tried.lines.last)
        #expect(try JSONText(validating: last).object()["attempt"]?.int64Value == 2)
        _ = await server.stop()
    }

    @Test("a password in the URL is in no log and no error")
    func passwords() async throws {
        let folder = try Folder(.postgres)
        let url = try #require(folder.schema).url.replacing("postgresql:///", with: "postgresql://errand:s3cret@/")
        let running = try Running(["serve", "--port", "0"], in: folder, environment: ["ERRAND_STORE": url])
        _ = try await running.line(after: "Listening on ")
        running.signal(SIGTERM)
        let served = await running.outcome()
        #expect(served.status == 0, "\(served.errors)")
        #expect(served.errors.contains("store=\"postgresql://errand@/"), "\(served.errors)")
        let flag = try await folder.errand("list", "--store", url)
        #expect(flag.errors.contains("can read the password in --store"))
        let wrong = ["postgres://a:s3cret@/d?host=/nowhere", "postgres://a:s3cret%@h/d", "mysql://a:s3cret@h/d"]
        for store in wrong {
            let refused = try await folder.errand("list", environment: ["ERRAND_STORE": store])
            #expect(refused.status == (store.contains("nowhere") ? 69 : 78), "\(refused.errors)")
            #expect(!refused.errors.contains("s3cret"))
        }
        #expect(!served.errors.contains("s3cret") && !flag.errors.contains("s3cret"))
    }
}
#endif
