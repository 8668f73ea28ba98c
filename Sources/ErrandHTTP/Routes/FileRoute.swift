#if Server
import Errand
import HTTPTypes
import Hummingbird
import NIOCore

/// Fetching a file of the local store by a signed link.
struct FileRoute: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute.open(.get, "/api/files/{token}", "getFile", get)
                .documented(.files, "Fetch a file by a link", "The link itself is what lets in.")
                .with(
                    .path("token", .text, "From the link of a result or a file.", example: "ZmlsZQ"),
                    .range,
                    .ifRange
                )
                .answering(
                    .media(200, "*/*", "The file.", .contentDisposition),
                    .media(206, "*/*", "The bytes that Range asked for.", .contentDisposition, .contentRange)
                )
                .answering(nil)
                .refusing(.gone, .rangeNotSatisfiable, .storageUnavailable)
        ]
    }

    private func get(_ request: Request, _ context: APIContext) async throws -> Response {
        guard let links = services.files.links else { throw Problem(.notFound, "This server hands out no files.") }
        let file = try links.open(context.pathValue("token"), at: services.now)
        // There is no validator to compare an If-Range with, so it never matches and the whole file is sent.
        let wanted = request.headers[.ifRange] == nil ? ByteRange(request.headers[.range]) : nil
        guard let wanted else {
            let body = try await services.files.objects.get(file.key, range: nil)
            return answer(body, range: nil, filename: file.filename)
        }
        let size = try await services.files.objects.get(file.key, range: 0..<0).size
        guard let range = wanted.within(size) else {
            var problem = Problem(.rangeNotSatisfiable, "The file has \(size) bytes.")
            problem.headers[.contentRange] = "bytes */\(size)"
            throw problem
        }
        let body = try await services.files.objects.get(file.key, range: range)
        return answer(body, range: range, filename: file.filename)
    }

    private func answer(_ body: ObjectBody, range: Range<Int64>?, filename: String) -> Response {
        var headers: HTTPFields = [
            .cacheControl: "private, no-store", .acceptRanges: "bytes",
            .contentType: FileNames.contentType(of: filename),
            .contentDisposition: FileNames.attachment(filename),
            .contentSecurityPolicy: "sandbox; default-src 'none'; frame-ancestors 'none'",
        ]
        if let range {
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(body.size)"
        }
        let length = range.map { $0.upperBound - $0.lowerBound } ?? body.size
        let chunks = body.chunks
        return Response(
            status: range == nil ? .ok : .partialContent,
            headers: headers,
            body: ResponseBody(contentLength: Int(length)) { writer in
                for try await chunk in chunks { try await writer.write(ByteBuffer(bytes: chunk)) }
                try await writer.finish(nil)
            }
        )
    }
}
#endif
