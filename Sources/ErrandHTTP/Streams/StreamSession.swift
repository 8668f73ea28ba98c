#if Server
import Errand
import Hummingbird
import Logging
import Metrics
import ServiceLifecycle

/// What all streams share: they hear of changes, beat, and end with the client, the server or the store.
struct StreamSession: Sendable {
    let services: APIServices
    let principal: Principal
    /// The browser's session by which it was opened, with whose end it ends.
    let session: BrowserSession?
    let signals = StreamSignals()

    /// Runs a stream's writer beside what signals to it, until the writer returns.
    ///
    /// - Parameters:
    ///   - request: The request; its connection is given up afterwards.
    ///   - changes: The store's changes; subscribed to before the first read, so that none is missed.
    ///   - concerns: Notes a change and says whether the writer should look.
    ///   - write: The writer; it may add tasks that end when it returns.
    /// - Throws: What the writer threw.
    @concurrent func run(
        _ request: Request,
        changes: StoreChangeStream,
        concerns: @escaping @Sendable (StoreChanges) -> Bool,
        write: @concurrent (inout ThrowingDiscardingTaskGroup<any Error>) async throws -> Void
    ) async throws {
        services.metrics.streams.increment()
        services.openStreams.open(principal.scope)
        defer {
            services.metrics.streams.decrement()
            services.openStreams.close(principal.scope)
        }
        try await request.body.consumeWithInboundCloseHandler { _ in
            try await withThrowingDiscardingTaskGroup { group in
                group.addTask { await listen(changes, concerns) }
                group.addTask { await beat() }
                group.addTask { await watchAccess() }
                group.addTask {
                    // Waiting ends by a shutdown or by the stream's own end, which is a cancellation.
                    try? await gracefulShutdown()
                    signals.raise(.stop)
                }
                defer { group.cancelAll() }
                try await write(&group)
            }
        } onInboundClosed: {
            signals.raise(.stop)
        }
    }

    private func listen(_ changes: StoreChangeStream, _ concerns: @Sendable (StoreChanges) -> Bool) async {
        for await change in changes where concerns(change) { signals.raise(.changed) }
        signals.raise(.stop)
    }

    private func beat() async {
        while await pause(services.options.heartbeatInterval) { signals.raise(.heartbeat) }
    }

    /// Ends the stream when its credential was revoked or has expired.
    private func watchAccess() async {
        guard principal.credential != .none || session != nil else { return }
        while await pause(services.options.streamAccessInterval) {
            do {
                if try await isStillAllowed() { continue }
                return signals.raise(.stop)
            } catch {
                services.logger.warning("Cannot look at the credential of a stream again: \(error)")
            }
        }
    }

    private func isStillAllowed() async throws -> Bool {
        if let session, try await !services.browserSessions.isOpen(session) { return false }
        return try await services.authenticator.isValid(principal)
    }

    /// Looks again once the stream may send its next event.
    func lookAgain(after delay: Duration) async {
        if await pause(delay) { signals.raise(.changed) }
    }

    /// Whether the time passed without the stream ending.
    private func pause(_ duration: Duration) async -> Bool {
        do {
            try await services.options.sleep(duration)
            return true
        } catch {
            return false
        }
    }
}
#endif
