#if Server
import Errand
import ErrandTesting
import Foundation
import HTTPTypes
import NIOCore
import NIOSSL
import Testing
import TestCertificates

@testable import ErrandHTTP

@Suite("TLS and the port for administration", .timeLimit(.minutes(5)))
struct TransportTests {
    /// A folder with a certificate, which goes with the test.
    private final class Folder: Sendable {
        let url = FileManager.default.temporaryDirectory.appending(path: "errand-tls-\(UUID())")
        init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
        // A temporary folder that cannot be removed is the system's to clear.
        deinit { try? FileManager.default.removeItem(at: url) }
        func path(_ name: String) -> String { url.appending(path: name).path() }
    }

    private func certificate(in folder: Folder, _ log: RecordedLog) throws -> ServerCertificate {
        try ServerCertificate(
            certificate: folder.path("chain.pem"),
            key: folder.path("key.pem"),
            logger: log.logger
        )
    }

    /// What a client trusts that knows one certificate.
    private func trust(_ certificate: TestCertificate, _ change: (inout TLSConfiguration) -> Void = { _ in }) throws
        -> NIOSSLContext
    {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(
            try NIOSSLCertificate.fromPEMBytes(Array(certificate.certificate.utf8))
        )
        change(&configuration)
        return try NIOSSLContext(configuration: configuration)
    }

    private func live(_ port: Int, _ trust: NIOSSLContext) async throws -> String {
        try await RawConnection.with(port: port, trusting: trust) { client in
            try await client.request("GET /livez", ["Connection: close"])
            return try await client.readToEnd()
        }
    }

    @Test("a server with a certificate speaks TLS of 1.2 or newer, and nothing in the clear")
    func serving() async throws {
        let folder = try Folder()
        let made = try TestCertificate()
        try made.write(to: folder.url)
        let api = TestAPI.withKeys { $0.transport = .tls }
        let certificate = try certificate(in: folder, RecordedLog())
        try await withServer(api, certificate: certificate) { port, _ in
            for version in [TLSVersion.tlsv12, .tlsv13] {
                let client = try trust(made) { configuration in
                    (configuration.minimumTLSVersion, configuration.maximumTLSVersion) = (version, version)
                }
                #expect(try await live(port, client).hasPrefix("HTTP/1.1 200"))
            }
            let old = try trust(made) { configuration in
                (configuration.minimumTLSVersion, configuration.maximumTLSVersion) = (.tlsv1, .tlsv11)
            }
            await #expect(throws: (any Error).self) { _ = try await live(port, old) }
            let other = try trust(TestCertificate("somebody else"))
            await #expect(throws: (any Error).self) { _ = try await live(port, other) }
            let plain = try await RawConnection.with(port: port) { client in
                try await client.request("GET /livez", ["Connection: close"])
                // Cut off, or answered with an alert.
                do { return try await client.readToEnd() } catch { return "" }
            }
            #expect(!plain.contains("HTTP/1.1"))
        }
    }

    @Test("a renewed certificate is taken without a restart, and a broken one changes nothing")
    func renewal() async throws {
        let folder = try Folder()
        let (first, second) = (try TestCertificate("first"), try TestCertificate("second"))
        try first.write(to: folder.url)
        let log = RecordedLog()
        let clock = ManualClock()
        let api = TestAPI.withKeys { options in
            options.transport = .tls
            options.sleep = { try await clock.sleep(until: clock.steadyNow.advanced(by: $0)) }
        }
        let certificate = try certificate(in: folder, log)
        /// Lets the server look at the files, and waits until it has.
        let look = { @Sendable in
            await clock.sleepers(atLeast: 1)
            clock.advance(by: .seconds(10))
            await clock.sleepers(atLeast: 1)
        }
        try await withServer(api, certificate: certificate) { port, _ in
            await look()
            #expect(try await live(port, trust(first)).hasPrefix("HTTP/1.1 200"))
            // Half a renewal: the certificate is there, its key is not.
            try Data(second.certificate.utf8).write(to: folder.url.appending(path: "chain.pem"))
            await look()
            #expect(log.lines.contains { $0.contains("stays as it was") })
            #expect(try await live(port, trust(first)).hasPrefix("HTTP/1.1 200"))
            try second.write(to: folder.url)
            await look()
            #expect(try await live(port, trust(second)).hasPrefix("HTTP/1.1 200"))
            let before = try trust(first)
            await #expect(throws: (any Error).self) { _ = try await live(port, before) }
        }
    }

    @Test("files that are no certificate and its key are refused by name")
    func wrongFiles() throws {
        let folder = try Folder()
        let log = RecordedLog()
        func refusal() -> String? {
            do throws(CertificateError) {
                _ = try ServerCertificate(
                    certificate: folder.path("chain.pem"),
                    key: folder.path("key.pem"),
                    logger: log.logger
                )
                return nil
            } catch {
                return error.description
            }
        }
        #expect(refusal()?.contains("chain.pem is no certificate") == true)
        let (one, other) = (try TestCertificate(), try TestCertificate())
        try Data(one.certificate.utf8).write(to: folder.url.appending(path: "chain.pem"))
        #expect(refusal()?.contains("key.pem is no private key") == true)
        try Data(other.key.utf8).write(to: folder.url.appending(path: "key.pem"))
        #expect(refusal()?.contains("is not the key of the certificate") == true)
        try one.write(to: folder.url)
        #expect(refusal() == nil)
    }

    @Test("the port for administration has metrics and health without a key, and the other one has no metrics")
    func administration() async throws {
        let api = TestAPI.withKeys { options in
            options.hasAdminPort = true
            options.metricsText = { "errand_sse_clients 0\n" }
        }
        let admin = try await api.header([.admin], for: .system)
        #expect(try await api.get("/metrics", headers: admin).status == 404)
        #expect(try await api.get("/readyz").status == 200)
        let (ports, port) = AsyncStream<Int>.makeStream()
        let service = api.api.adminService(port: 0) { port.yield($0) }
        try await withService(service, ports) { port, _ in
            for (path, fields, status) in [
                ("/metrics", [], "200"), ("/livez", [], "200"), ("/readyz", [], "200"), ("/api/jobs", [], "404"),
                ("/api/session", [], "404"), ("/metrics", ["Origin: http://evil.com"], "403"),
                ("/metrics", ["Sec-Fetch-Site: cross-site"], "403"),
            ] {
                let reply = try await RawConnection.with(port: port) { client in
                    try await client.request("GET \(path)", fields + ["Connection: close"])
                    return try await client.readToEnd()
                }
                #expect(reply.hasPrefix("HTTP/1.1 \(status)"), "\(path) \(fields)")
            }
            let rebound = try await RawConnection.with(port: port) { client in
                try await client.send("GET /metrics HTTP/1.1\r\nHost: evil.com\r\nConnection: close\r\n\r\n")
                return try await client.readToEnd()
            }
            #expect(rebound.hasPrefix("HTTP/1.1 403"))
        }
    }
}
#endif
