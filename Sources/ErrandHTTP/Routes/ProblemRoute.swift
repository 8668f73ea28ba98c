#if Server
import HTTPTypes
import Hummingbird
import NIOCore

/// What a kind of problem means, at the address that is its name (RFC 9457, 3.1.1).
struct ProblemRoute: Sendable {
    var routes: [APIRoute] {
        [APIRoute.open(.get, "/problems/{slug}", "getProblemType", get).answering("text/plain")]
    }

    private func get(_ request: Request, _ context: APIContext) async throws -> Response {
        let slug = try context.pathValue("slug")
        guard let type = ProblemType(rawValue: slug) else {
            throw Problem(.notFound, "There is no kind of problem \"\(slug.quotable)\".")
        }
        let text = "\(type.rawValue) (\(type.status))\n\n\(type.title)\n\(type.remedy)\n"
        return Response(
            status: .ok,
            headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "public, max-age=3600"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}
#endif
