#if Server
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// A request that came more slowly than ``ClientPatience`` allows.
struct SlowRequest: Error {}

/// Ends connections whose client sends no HTTP, sends it too slowly, or does not take what it asked for.
///
/// Thousands of clients that send a byte now and then would hold a connection each for as long as they like; nothing
/// behind this handler sees a request before its head is there, nor knows whether a body comes slowly because the
/// client is slow or because nobody reads it.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Whether the application has asked for bytes that have not arrived: only then is the client the slow one.
    var isReading = false

    private let patience: ClientPatience
    private let random: RandomSource
    /// Bytes since the clock for the present head or body was started.
    private var bytes = 0
    /// Bytes arrived of which the decoder has made nothing yet.
    private var isPartial = false
    /// A head was decoded, and the end of its body was not.
    private var isReceiving = false
    /// How many requests are not fully answered.
    private var unanswered = 0
    /// Whether the connection ends with the last answer.
    private var isOver = false
    /// How much more of a body is read that was answered before it had come; nil while none is.
    private var lingering: Int?
    private var arrival: Scheduled<Void>?
    private var departure: Scheduled<Void>?

    init(_ patience: ClientPatience, random: RandomSource) {
        (self.patience, self.random) = (patience, random)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        do { try context.pipeline.syncOperations.addHandler(ArrivalHandler(self), position: .first) } catch {
            context.fireErrorCaught(error)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { forget() }

    func channelInactive(context: ChannelHandlerContext) {
        forget()
        context.fireChannelInactive()
    }

    private func forget() {
        for timer in [arrival, departure] { timer?.cancel() }
        (arrival, departure) = (nil, nil)
    }
}

// MARK: - Requests

extension ConnectionGuard {
    func arrived(_ count: Int) {
        bytes += count
        isPartial = true
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        isPartial = false
        switch unwrapInboundIn(data) {
        case .head:
            (isReceiving, unanswered) = (true, unanswered + 1)
            stopArrival()
        case .body(let part):
            guard stillLingers(part.readableBytes) else { return context.close(promise: nil) }
        case .end:
            (isReceiving, lingering) = (false, nil)
            stopArrival()
        }
        context.fireChannelRead(data)
    }

    /// Most requests have come whole by now, and nothing was started for them.
    func channelReadComplete(context: ChannelHandlerContext) {
        if arrival == nil, isReceiving || isPartial { startArrival(context) }
        context.fireChannelReadComplete()
    }

    private func startArrival(_ context: ChannelHandlerContext) {
        bytes = 0
        let span = isReceiving ? patience.body : patience.head
        arrival = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(span)) { [self] in
            arrival = nil
            guard isReading, !isReceiving || bytes < patience.bodyBytes else { return startArrival(context) }
            giveUp(SlowRequest(), context)
        }
    }

    private func stopArrival() {
        arrival?.cancel()
        arrival = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError else { return context.fireErrorCaught(error) }
        giveUp(error, context)
    }

    /// Whoever handles the request answers it with what is wrong; where nobody does, the answer is given here.
    private func giveUp(_ error: any Error, _ context: ChannelHandlerContext) {
        guard !isOver else { return }
        isOver = true
        stopArrival()
        if unanswered > 0 {
            if isReceiving { context.fireErrorCaught(error) }
        } else if isReceiving {
            context.close(promise: nil)
        } else {
            refuse(Problem(error), context)
        }
    }

    private func refuse(_ problem: Problem, _ context: ChannelHandlerContext) {
        let document = problem.document(instance: nil, requestId: RequestID.choose(nil, random: random))
        var head = HTTPResponse(status: .init(code: problem.status))
        head.headerFields = [
            .contentType: "application/problem+json", .contentLength: String(document.count), .connection: "close",
            .cacheControl: "no-store",
        ]
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: document))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(promise: nil)
    }
}

// MARK: - Answers

extension ConnectionGuard {
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        unanswered -= 1
        guard unanswered == 0 else { return context.write(data, promise: promise) }
        if isOver {
            context.writeAndFlush(data, promise: promise)
            return context.close(promise: nil)
        }
        if isReceiving { linger(context) }
        context.write(data, promise: promise)
    }

    /// Reads on where a request was answered before its body had come, so that the client reads the answer.
    ///
    /// It does not while it sends; but it may not send for ever.
    private func linger(_ context: ChannelHandlerContext) {
        stopArrival()
        lingering = patience.lingeringBytes
        arrival = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(patience.head)) {
            context.close(promise: nil)
        }
    }

    private func stillLingers(_ count: Int) -> Bool {
        guard let left = lingering else { return true }
        lingering = left - count
        return left >= count
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        departure?.cancel()
        departure = nil
        if !context.channel.isWritable {
            departure = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(patience.answer)) {
                context.close(promise: nil)
            }
        }
        context.fireChannelWritabilityChanged()
    }
}
#endif
