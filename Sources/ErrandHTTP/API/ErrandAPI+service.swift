#if Server
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import NIOCore
public import ServiceLifecycle

extension ErrandAPI {
    /// The server, to be run in a service group; it stops accepting and ends its streams on a graceful shutdown.
    ///
    /// - Parameters:
    ///   - host: `localhost`, `127.0.0.1` or `::1`; any other address where credentials are asked for, and the server
    ///     or a proxy in front of it speaks TLS.
    ///   - port: The port; 0 picks a free one.
    ///   - certificate: With what the server speaks TLS; nil where it does not.
    ///   - onListening: Told the port once connections are accepted.
    /// - Returns: The service.
    /// - Throws: ``ListenError`` for an address that others can reach.
    public func service(
        host: String = "127.0.0.1",
        port: Int,
        certificate: ServerCertificate? = nil,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws(ListenError) -> some Service {
        guard LoopbackAccess.mayListen(on: host) || services.options.access != .loopback else {
            throw ListenError(host: host)
        }
        return CertifiedServer(
            server: application(router(), server(certificate), host, port, onListening),
            certificate: certificate,
            sleep: services.options.sleep
        )
    }

    /// The port for administration: health and, for whoever reads them on this machine, `/metrics`.
    ///
    /// Nobody is asked for a credential there, and pages of the web are refused.
    ///
    /// - Parameters:
    ///   - port: The port, on `127.0.0.1`; 0 picks a free one.
    ///   - onListening: Told the port once connections are accepted.
    /// - Returns: The service.
    public func adminService(
        port: Int,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> some Service {
        let api = forAdministration
        return application(api.router(api.adminRoutes), api.server(nil), "127.0.0.1", port, onListening)
    }

    private func application(
        _ router: Router<APIContext>,
        _ server: HTTPServerBuilder,
        _ host: String,
        _ port: Int,
        _ onListening: @escaping @Sendable (Int) async -> Void
    ) -> some Service {
        Application(
            router: router,
            server: server,
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: .maximum(services.options.maximumConnections, logger: services.logger)
            ),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) },
            logger: services.logger
        )
    }

    private func server(_ certificate: ServerCertificate?) -> HTTPServerBuilder {
        let http = HTTPServerBuilder.http1(configuration: channelConfiguration)
        guard let certificate else { return http }
        return certificate.builder(around: http)
    }

    /// The decoder's limits are twice ours: what exceeds ours is answered with a problem, not with a closed connection.
    private var channelConfiguration: HTTP1Channel.Configuration {
        let limit = services.options.maximumHeaderBytes * 2
        let (patience, random) = (services.options.patience, services.random)
        return HTTP1Channel.Configuration(
            additionalChannelHandlers: [HangUpHandler(), ConnectionGuard(patience, random: random)],
            idleTimeout: TimeAmount(patience.idle),
            httpDecoderConfiguration: .init(maxHeaderFieldSize: limit, maxHeaderListSize: limit)
        )
    }
}

/// Why the server does not listen on an address.
public struct ListenError: Error, Sendable, CustomStringConvertible {
    /// The address that was asked for.
    public let host: String

    /// Says what to do instead.
    public var description: String {
        """
        Cannot listen on \(host): without authentication only this machine may reach the server. \
        Use 127.0.0.1, ::1 or localhost.
        """
    }
}
#endif
