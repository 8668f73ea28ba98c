#if Server
import HTTPTypes
import Hummingbird

/// Refuses requests whose head is too large, or whose body is packed.
enum RequestLimits {
    static func check(_ request: Request, options: APIOptions) throws(Problem) {
        let target = request.uri.string.utf8.count
        guard target <= options.maximumTargetBytes else {
            throw Problem(
                .targetTooLong,
                "The path and query have \(target) bytes; at most \(options.maximumTargetBytes) are allowed."
            )
        }
        var size = 0
        for field in request.headers { size += field.name.rawName.utf8.count + field.value.utf8.count + 4 }
        guard size <= options.maximumHeaderBytes else {
            throw Problem(
                .headersTooLarge,
                "The header fields have \(size) bytes; at most \(options.maximumHeaderBytes) are allowed."
            )
        }
        // A few bytes may unpack to gigabytes; nothing here unpacks.
        if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw Problem(.unsupportedMedia, "Content-Encoding is \"\(encoding.quotable)\"; send the body as it is.")
        }
    }
}
#endif
