/// Lets a test wait for a moment that code reaches.
struct Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    /// Lets one waiter through, now or later.
    func open() { continuation.yield() }

    /// Waits for one opening; throws when the task is cancelled first.
    func pass() async throws {
        for await _ in stream { return }
        throw CancellationError()
    }
}
