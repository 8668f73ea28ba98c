#if Server
import Foundation
import TestCertificates
import Testing

@Suite("errand serve with TLS", .timeLimit(.minutes(5)))
struct TransportCommandTests {
    @Test("commands reach a server by TLS when they trust it, and metrics are on a port of their own")
    func serving() async throws {
        let folder = try Folder()
        try TestCertificate().write(to: URL(filePath: folder.path))
        let made = try await folder.errand("keys", "create", "ops", "--scopes", "admin", "--installation")
        let key = try #require(made.lines.first)
        let running = try Running(
            [
                "serve", "--port", "0", "--auth", "keys", "--tls-cert", "chain.pem", "--tls-key", "key.pem",
                "--admin-port", "0",
            ],
            in: folder
        )
        let said = try await running.lines(after: ["Listening on ", "Administration on "])
        let (url, admin) = (said[0], said[1])
        #expect(url.hasPrefix("https://127.0.0.1:"))
        #expect(admin.hasPrefix("http://127.0.0.1:"))
        let client = ["ERRAND_SERVER": url, "ERRAND_KEY": key]
        let trusting = try await folder.errand("list", "--ca", "chain.pem", environment: client)
        #expect(trusting.status == 0, "\(trusting.errors)")
        let byVariable = client.merging(["ERRAND_CA": "chain.pem"]) { $1 }
        #expect(try await folder.errand("queues", environment: byVariable).status == 0)
        let strange = try await folder.errand("list", environment: client)
        #expect(strange.status == 69)
        #expect(strange.errors.contains("--ca"), "\(strange.errors)")
        #expect(try await folder.errand("list", "--ca", "none.pem", environment: client).status == 66)
        let script = """
            curl -sS --fail \(admin)/metrics
            curl -sS --fail \(admin)/readyz
            curl -sS -o /dev/null -w '%{http_code} ' --cacert chain.pem -H 'Authorization: Bearer \(key)' \(url)/metrics
            curl -sS -o /dev/null -w '%{http_code} ' --cacert chain.pem \(url)/livez
            """
        let fetched = try await Running(["-euc", script], executable: "/bin/sh", in: folder).outcome()
        #expect(fetched.status == 0, "\(fetched.errors)")
        #expect(fetched.output.contains("errand_sse_clients"))
        #expect(fetched.output.hasSuffix("ok\n404 200 "))
        running.signal(15)
        #expect(await running.outcome().status == 0)
    }

    @Test("an address that others can reach needs keys, and TLS by the server or a proxy")
    func openDoor() async throws {
        let folder = try Folder()
        try TestCertificate().write(to: URL(filePath: folder.path))
        let tls = ["--tls-cert", "chain.pem", "--tls-key", "key.pem"]
        let refused = try await Running(["serve", "--port", "0", "--host", "127.0.0.2"] + tls, in: folder).outcome()
        #expect(refused.status == 78 && refused.errors.contains("--auth keys"))
        let arguments = ["serve", "--port", "0", "--host", "127.0.0.2", "--auth", "keys"] + tls
        let running = try Running(arguments, in: folder)
        #expect(try await running.line(after: "Listening on ").hasPrefix("https://127.0.0.2:"))
        running.signal(15)
        #expect(await running.outcome().status == 0)
    }

    @Test("a certificate without its key, or that is none, and a port that is taken stop the start by name")
    func refusals() async throws {
        let folder = try Folder()
        try TestCertificate().write(to: URL(filePath: folder.path))
        let half = try await folder.errand("serve", "--tls-cert", "chain.pem")
        #expect(half.status == 78)
        #expect(half.errors.contains("flag --tls-cert: tls.key is missing"), "\(half.errors)")
        let none = try await folder.errand("serve", "--port", "0", "--tls-cert", "key.pem", "--tls-key", "key.pem")
        #expect(none.status == 78)
        #expect(none.errors.contains("key.pem is no certificate"), "\(none.errors)")
        let server = try await Server(in: folder)
        let port = try #require(server.url.split(separator: ":").last)
        let other = ["serve", "--store", "sqlite:other.db", "--port", "0", "--admin-port", String(port)]
        let taken = try await Running(other, in: folder).outcome()
        #expect(taken.status == 69)
        #expect(taken.errors.contains("port \(port)") && taken.errors.contains("--admin-port"), "\(taken.errors)")
        _ = await server.stop()
    }
}
#endif
