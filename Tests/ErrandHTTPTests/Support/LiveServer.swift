#if Server
import Errand
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Testing

@testable import ErrandHTTP

/// Runs a test against a server on a free port, and shuts the server down gracefully after it.
func withServer(
    _ api: TestAPI,
    certificate: ServerCertificate? = nil,
    _ test: @Sendable (_ port: Int, _ shutdown: @escaping @Sendable () async -> Void) async throws -> Void
) async throws {
    let (ports, port) = AsyncStream<Int>.makeStream()
    let service = try api.api.service(port: 0, certificate: certificate) { port.yield($0) }
    try await withService(service, ports, test)
}

/// Runs a test against a service that tells its port, and shuts it down gracefully after it.
func withService(
    _ service: some Service,
    _ ports: AsyncStream<Int>,
    _ test: @Sendable (_ port: Int, _ shutdown: @escaping @Sendable () async -> Void) async throws -> Void
) async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let group = ServiceGroup(configuration: .init(services: [service], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        var iterator = ports.makeAsyncIterator()
        let number = try #require(await iterator.next())
        do { try await test(number) { await group.triggerGracefulShutdown() } } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
}

/// A connection that sends and reads bytes as they are.
struct RawConnection {
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private let channel: any Channel
    /// Everything that came and was not taken yet.
    private(set) var received = ""

    /// Connects, and closes after the body.
    static func with<Value: Sendable>(
        port: Int,
        trusting trust: NIOSSLContext? = nil,
        _ body: @Sendable @concurrent (inout RawConnection) async throws -> Value
    ) async throws -> Value {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let trust {
                        let handler = try NIOSSLClientHandler(context: trust, serverHostname: "localhost")
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var connection = RawConnection(
                inbound: inbound.makeAsyncIterator(),
                outbound: outbound,
                channel: channel.channel
            )
            return try await body(&connection)
        }
    }

    @concurrent func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }

    @concurrent func send(_ bytes: [UInt8]) async throws { try await outbound.write(ByteBuffer(bytes: bytes)) }

    /// Closes this side; the server may still answer.
    @concurrent func finish() async throws { try await channel.close(mode: .output) }

    @concurrent func request(_ line: String, _ fields: [String] = []) async throws {
        let head = ["\(line) HTTP/1.1", "Host: 127.0.0.1:\(channel.remoteAddress?.port ?? 0)"] + fields
        try await send(head.joined(separator: "\r\n") + "\r\n\r\n")
    }

    /// Reads until a text has come, and takes everything up to and with it.
    @concurrent mutating func read(through end: String) async throws -> String {
        while true {
            if let range = received.firstRange(of: end) {
                let taken = String(received[..<range.upperBound])
                received.removeSubrange(..<range.upperBound)
                return taken
            }
            guard let chunk = try await inbound.next() else {
                Issue.record("the connection ended before \"\(end)\" came: \(received)")
                throw ChannelError.eof
            }
            received += String(buffer: chunk)
        }
    }

    /// Reads until the server closes.
    @concurrent mutating func readToEnd() async throws -> String {
        while let chunk = try await inbound.next() { received += String(buffer: chunk) }
        return received
    }
}
#endif
