#if Server
import ServiceLifecycle

/// A server, and beside it whoever looks for its renewed certificate.
struct CertifiedServer<Server: Service>: Service {
    let server: Server
    let certificate: ServerCertificate?
    let sleep: @Sendable (Duration) async throws -> Void

    func run() async throws {
        guard let certificate else { return try await server.run() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await certificate.watch(sleep) }
            defer { group.cancelAll() }
            try await server.run()
        }
    }
}
#endif
