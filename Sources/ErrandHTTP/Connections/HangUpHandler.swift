#if Server
import NIOCore
import Synchronization

/// Notices that a client has closed its side of a connection, while its request is still worked on.
///
/// A process that is killed closes its connections like one that has said all it wanted to say: the other direction
/// stays open, and nothing else tells the two apart. Whoever asked for a job and then went must not be given one.
final class HangUpHandler: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = NIOAny

    private struct State {
        var isGone = false
        var nextKey = 0
        var waiters: [Int: AsyncStream<Void>.Continuation] = [:]
    }

    private let state = Mutex(State())

    var isGone: Bool { state.withLock(\.isGone) }

    /// Returns when the client has gone, or the task is cancelled.
    func hangUp() async {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        let key = state.withLock { state -> Int? in
            guard !state.isGone else { return nil }
            state.nextKey += 1
            state.waiters[state.nextKey] = continuation
            return state.nextKey
        }
        guard let key else { return }
        for await _ in stream {}
        state.withLock { _ = $0.waiters.removeValue(forKey: key) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { noteGone() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        noteGone()
        context.fireChannelInactive()
    }

    private func noteGone() {
        let waiters = state.withLock { state in
            state.isGone = true
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.finish() }
    }
}

extension Channel {
    /// What notices the client's going; nil where nothing does, as on a channel without a network.
    func hangUpHandler() async -> HangUpHandler? {
        // That there is no such handler is the only thing that can be wrong.
        try? await pipeline.handler(type: HangUpHandler.self).get()
    }
}
#endif
