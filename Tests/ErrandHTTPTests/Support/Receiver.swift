#if Server
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import Testing

/// A request as Hummingbird has it; a ``Receiver`` has its own.
private typealias HummingbirdRequest = Request

/// A server that takes webhooks as a test wants it to, and remembers them.
final class Receiver: Sendable {
    /// A request as it came.
    struct Request: Sendable {
        let path: String
        let headers: HTTPFields
        let body: String

        func header(_ name: String) -> String { HTTPField.Name(name).flatMap { headers[$0] } ?? "" }
    }

    /// What it answers.
    struct Answer: Sendable {
        var status = 204
        var headers: HTTPFields = [:]
        /// Waits until the client has gone instead of answering.
        var hangs = false
        /// Sends a body that does not end before the client has gone.
        var isEndless = false
    }

    private struct State {
        var requests: [Request] = []
        var answer = Answer()
    }

    private let state = Mutex(State())
    private let arrivals = AsyncStream<Void>.makeStream()

    var requests: [Request] { state.withLock { $0.requests } }

    func answer(_ status: Int, _ headers: HTTPFields = [:], hangs: Bool = false, isEndless: Bool = false) {
        let answer = Answer(status: status, headers: headers, hangs: hangs, isEndless: isEndless)
        state.withLock { $0.answer = answer }
    }

    /// Waits for a request.
    func arrival() async { for await _ in arrivals.stream { return } }

    fileprivate func take(_ request: Request) -> Answer {
        defer { arrivals.continuation.yield() }
        return state.withLock { state in
            state.requests.append(request)
            return state.answer
        }
    }
}

/// Runs a test beside a receiver on a free port.
func withReceiver(_ test: @Sendable (_ receiver: Receiver, _ port: Int) async throws -> Void) async throws {
    let receiver = Receiver()
    let (ports, port) = AsyncStream<Int>.makeStream()
    let router = Router()
    let take: @Sendable (HummingbirdRequest, BasicRequestContext) async throws -> Response = { request, _ in
        var request = request
        let body = String(buffer: try await request.collectBody(upTo: 100_000))
        let answer = receiver.take(
            Receiver.Request(path: request.uri.string, headers: request.headers, body: body)
        )
        if answer.hangs { try await gracefulShutdown() }
        let sent = ResponseBody { writer in
            while answer.isEndless { try await writer.write(ByteBuffer(repeating: 0x20, count: 65_536)) }
            try await writer.finish(nil)
        }
        return Response(status: .init(code: answer.status), headers: answer.headers, body: sent)
    }
    // The one does not match the other.
    for path: RouterPath in ["/", "**"] { router.post(path, use: take) }
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let application = Application(
        router: router,
        configuration: .init(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { channel in port.yield(channel.localAddress?.port ?? 0) },
        logger: logger
    )
    let group = ServiceGroup(configuration: .init(services: [application], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        var iterator = ports.makeAsyncIterator()
        let number = try #require(await iterator.next())
        do { try await test(receiver, number) } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
}
#endif
