#if Server
import Hummingbird
import HummingbirdCore
import NIOCore
public import ServiceLifecycle

extension ErrandAPI {
    /// The server, to be run in a service group; it stops accepting and ends its streams on a graceful shutdown.
    ///
    /// - Parameters:
    ///   - host: `localhost`, `127.0.0.1` or `::1`; any other address where credentials are asked for and a proxy in
    ///     front of the server speaks TLS.
    ///   - port: The port; 0 picks a free one.
    ///   - onListening: Told the port once connections are accepted.
    /// - Returns: The service.
    /// - Throws: ``ListenError`` for an address that others can reach.
    public func service(
        host: String = "127.0.0.1",
        port: Int,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws(ListenError) -> some Service {
        guard LoopbackAccess.mayListen(on: host) || services.options.access != .loopback else {
            throw ListenError(host: host)
        }
        return Application(
            router: router(),
            server: .http1(configuration: channelConfiguration),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: .maximum(services.options.maximumConnections, logger: services.logger)
            ),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) },
            logger: services.logger
        )
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
