#if Server
import Crypto
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

/// A document that is the same for everybody until the server is another: its bytes, and the tag that names them.
struct Page: Sendable {
    let mediaType: String
    let bytes: [UInt8]
    let entityTag: String
    /// What a browser may load beside it; nil where it is no page.
    private(set) var contentSecurityPolicy: String?

    init(_ mediaType: String, _ bytes: [UInt8]) {
        self.mediaType = mediaType
        self.bytes = bytes
        entityTag = EntityTag.of(bytes)
    }

    /// A page of HTML that loads nothing and runs nothing: its own style alone is let in, by its hash.
    init(html body: HTML, title: String) {
        let head = HTML.element(
            "head",
            .trusted("<meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"),
            .element("title", .text(title)),
            .element("style", .trusted(PageStyle.css))
        )
        let page = "<!doctype html>\n<html lang=\"en\">\(head.markup)\(HTML.element("body", body).markup)</html>\n"
        self.init("text/html; charset=utf-8", Array(page.utf8))
        let hash = Data(SHA256.hash(data: Data("\(PageStyle.css)".utf8))).base64EncodedString()
        contentSecurityPolicy =
            "default-src 'none'; style-src 'sha256-\(hash)'; base-uri 'none'; form-action 'none'; "
            + "frame-ancestors 'none'"
    }

    /// The page, or that it is as the client has it.
    func response(to request: Request) -> Response {
        var headers: HTTPFields = [
            .contentType: mediaType, .eTag: entityTag, .cacheControl: "no-cache", .vary: "Accept",
        ]
        if let contentSecurityPolicy { headers[.contentSecurityPolicy] = contentSecurityPolicy }
        if EntityTag.matches(entityTag, ifNoneMatch: request.headers[.ifNoneMatch]) {
            headers[.contentType] = nil
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
#endif
