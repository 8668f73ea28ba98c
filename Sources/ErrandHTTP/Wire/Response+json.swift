#if Server
import Errand
import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    /// A response whose body is JSON.
    static func json(
        _ status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:],
        reserving: Int = 512,
        _ body: (inout JSONWriter) -> Void
    ) -> Response {
        var writer = JSONWriter(reserving: reserving)
        body(&writer)
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(
            status: status,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: writer.bytes))
        )
    }
}

extension HTTPFields {
    /// For what may change at any time: kept by the browser alone, and asked about before it is used again.
    static let privateNoCache: HTTPFields = [
        .cacheControl: "private, no-cache", .vary: "Authorization, Cookie, Accept, Prefer",
    ]
    /// For what nobody should keep.
    static let noStore: HTTPFields = [.cacheControl: "no-store"]
}
#endif
