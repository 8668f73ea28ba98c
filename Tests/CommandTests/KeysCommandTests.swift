#if Server
import FoundationEssentials
import Testing

@Suite("errand keys", .timeLimit(.minutes(5)))
struct KeysCommandTests {
    @Test(
        "the first key is made before the server starts, and is what its clients need then",
        arguments: TestedStore.allCases
    )
    func serving(_ store: TestedStore) async throws {
        let folder = try Folder(store)
        // On PostgreSQL several versions may run: a command leaves the schema as it is.
        if store == .postgres { #expect(try await folder.errand("migrate").status == 0) }
        let made = try await folder.errand("keys", "create", "ops", "--scopes", "admin", "--expires", "1d")
        #expect(made.status == 0, "\(made.errors)")
        let key = try #require(made.lines.first)
        #expect(made.lines.count == 1 && key.hasPrefix("ek_"))
        let server = try await Server(in: folder, "--auth", "keys")
        let client = ["ERRAND_SERVER": server.url]
        let anonymous = try await folder.errand("list", environment: client)
        #expect(anonymous.status == 77 && anonymous.errors.contains("ERRAND_KEY"))
        let admin = client.merging(["ERRAND_KEY": key]) { $1 }
        #expect(try await folder.errand("list", environment: admin).status == 0)
        let reader = try await folder.errand("keys", "create", "r", "--scopes", "jobs:read", environment: admin)
        let narrow = client.merging(["ERRAND_KEY": try #require(reader.lines.first)]) { $1 }
        #expect(try await folder.errand("list", environment: narrow).status == 0)
        let refused = try await folder.errand("cancel", "1", environment: narrow)
        #expect(refused.status == 77 && refused.errors.contains("jobs:operate"))
        let listed = try await folder.errand("keys", environment: admin)
        #expect(listed.lines.count == 3 && !listed.output.contains(key))
        let id = try #require(listed.lines[1].split(separator: " ").first.map(String.init))
        #expect(try await folder.errand("keys", "revoke", id, environment: admin).status == 0)
        let revoked = try await folder.errand("list", environment: narrow)
        #expect(revoked.status == 77 && revoked.errors.contains("any more"))
        #expect(await server.stop().status == 0)
    }

    @Test("an address that others can reach needs keys, and a proxy for TLS")
    func openDoor() async throws {
        let folder = try Folder(.sqlite)
        for arguments in [[], ["--auth", "keys"], ["--behind-proxy"]] {
            let running = try Running(["serve", "--port", "0", "--host", "127.0.0.2"] + arguments, in: folder)
            let outcome = await running.outcome()
            #expect(outcome.status == 78 && outcome.errors.contains("127.0.0.2"))
        }
        let running = try Running(
            ["serve", "--port", "0", "--host", "127.0.0.2", "--auth", "keys", "--behind-proxy"],
            in: folder
        )
        _ = try await running.line(after: "Listening on ")
        running.signal(15)
        #expect(await running.outcome().status == 0)
    }
}
#endif
