#if Server
import Errand
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOHTTPTypes

extension Request {
    /// The declared length of the body.
    var contentLength: Int64? { headers[.contentLength].flatMap(Int64.init) }

    /// The body as JSON; nil when there is none.
    func json(_ context: APIContext, limit: Int) async throws -> JSONText? {
        try checkLength(limit: Int64(limit))
        if let length = contentLength, length > 0 { try MediaTypes.requireJSON(self) }
        sendContinue(context)
        var body = ByteBuffer()
        for try await chunk in self.body {
            guard body.readableBytes + chunk.readableBytes <= limit else { throw Problem.bodyTooLarge(limit) }
            if body.readableBytes == 0 { body = chunk } else { body.writeImmutableBuffer(chunk) }
        }
        guard body.readableBytes > 0 else { return nil }
        if contentLength == nil { try MediaTypes.requireJSON(self) }
        return try JSONText(validating: body.readableBytesView, limits: JSONLimits(maximumBytes: limit))
    }

    /// Refuses a body by its declared length, before a byte of it is read.
    func checkLength(limit: Int64) throws(Problem) {
        if let length = contentLength, length > limit { throw Problem.bodyTooLarge(limit) }
    }

    /// Tells a client that waits for it to go on and send the body; curl waits a second otherwise.
    func sendContinue(_ context: APIContext) {
        guard headers[.expect]?.lowercased() == "100-continue" else { return }
        context.channel.writeAndFlush(HTTPResponsePart.head(HTTPResponse(status: .continue)), promise: nil)
    }
}

extension Problem {
    static func bodyTooLarge(_ limit: some BinaryInteger) -> Problem {
        Problem(.tooLarge, "The body has more than \(limit) bytes.")
    }
}
#endif
