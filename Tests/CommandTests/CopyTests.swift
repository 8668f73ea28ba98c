#if Server && Postgres
import Errand
import Foundation
import Testing

@Suite("errand copy", .timeLimit(.minutes(3)))
struct CopyTests {
    /// A file with a completed job and two that wait.
    private func filled() async throws -> Folder {
        let folder = try Folder()
        try folder.write("errand.yaml", "types: {echo: {command: [cat], queue: quick}}\n")
        // No server runs here that would make the file.
        #expect(try await folder.errand("migrate").status == 0)
        let done = try await folder.errand("submit", "echo", #"{"n": 1}"#, "--watch", "--config", "errand.yaml")
        #expect(done.status == 0, "\(done.errors)")
        #expect(try await folder.errand("queues", "pause", "quick", "--create").status == 0)
        for _ in 0..<2 {
            #expect(try await folder.errand("submit", "echo", #"{"n": 2}"#, "--config", "errand.yaml").status == 0)
        }
        return folder
    }

    private func list(_ folder: Folder, _ store: String) async throws -> [String] {
        let listed = try await folder.errand("list", "--json", "--store", store)
        #expect(listed.status == 0, "\(listed.errors)")
        return listed.lines
    }

    @Test("from SQLite to PostgreSQL and back, every job is shown as before, and what waited runs")
    func thereAndBack() async throws {
        let folder = try await filled()
        let schema = try Schema()
        let copied = try await folder.errand("copy", "--from", "sqlite:errand.db", "--to", schema.url)
        #expect(copied.status == 0, "\(copied.errors)")
        #expect(copied.output.hasPrefix("Copied 3 jobs from sqlite:errand.db to postgresql:"))
        #expect(copied.output.contains("--files errand.db.files"))
        #expect(copied.errors.contains("jobs: 3 of 3"))
        let before = try await list(folder, "sqlite:errand.db")
        #expect(before.count == 3)
        #expect(try await list(folder, schema.url) == before)
        let again = try await folder.errand("copy", "--from", "sqlite:errand.db", "--to", schema.url)
        #expect(again.output.hasPrefix("Nothing left to do"), "\(again.output)\(again.errors)")
        let back = try await folder.errand("copy", "--from", schema.url, "--to", "sqlite:back.db")
        #expect(back.status == 0, "\(back.errors)")
        #expect(try await list(folder, "sqlite:back.db") == before)
        for store in [schema.url, "sqlite:back.db"] {
            let resumed = try await folder.errand("queues", "resume", "quick", "--store", store)
            #expect(resumed.status == 0, "\(resumed.errors)")
            let server = try await Server(in: folder, "--config", "errand.yaml", "--store", store)
            #expect(try await folder.errand("watch", "3", "--server", server.url).status == 0)
            #expect(try await folder.errand("watch", "2", "--server", server.url).status == 0)
            #expect(await server.stop().status == 0)
        }
    }

    @Test("a source that a server has open, and a target that is not empty, are refused")
    func refused() async throws {
        let folder = try await filled()
        let server = try await Server(in: folder)
        let owned = try await folder.errand("copy", "--from", "sqlite:errand.db", "--to", "sqlite:b.db")
        #expect(owned.status == 75 && owned.errors.contains("is owned by process \(server.running.pid)"))
        #expect(await server.stop().status == 0)
        let schema = try Schema()
        let store = ["ERRAND_STORE": schema.url]
        #expect(try await folder.errand("migrate", environment: store).status == 0)
        let own = try await folder.errand("submit", "echo", "--config", "errand.yaml", environment: store)
        #expect(own.status == 0, "\(own.errors)")
        let full = try await folder.errand("copy", "--from", "sqlite:errand.db", "--to", schema.url)
        #expect(full.status == 65 && full.errors.contains("holds jobs, uploads or datasets of its own"))
        let same = try await folder.errand("copy", "--from", "sqlite:errand.db", "--to", "sqlite:./errand.db")
        #expect(same.status == 64 && same.errors.contains("name the same store"))
        let none = try await folder.errand("copy", "--from", "sqlite:none.db", "--to", "sqlite:b.db")
        #expect(none.status == 66, "\(none.errors)")
    }
}
#endif
