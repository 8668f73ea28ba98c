#if Server
import HTTPTypes
import Hummingbird

/// Which media types a request brings and takes.
enum MediaTypes {
    /// Refuses a request that does not take a type, such as `application/json`.
    static func requireAccepted(_ type: String, by request: Request) throws(Problem) {
        guard let accept = request.headers[.accept], !accept.isEmpty, accept != "*/*", accept != type else { return }
        guard !accepts(accept, type) else { return }
        throw Problem(.notAcceptable, "The answer is \(type), and Accept is \"\(accept.quotable)\".")
    }

    private static func accepts(_ accept: String, _ type: String) -> Bool {
        let family = type.prefix { $0 != "/" } + "/*"
        // The most precise range decides, so that "application/json;q=0, */*" refuses JSON.
        for wanted in [type, String(family), "*/*"] {
            for range in accept.split(separator: ",") {
                let parts = range.split(separator: ";").map { $0.trimmingWhitespace().lowercased() }
                guard parts.first == wanted else { continue }
                return !parts.dropFirst().contains { $0.hasPrefix("q=") && (Double($0.dropFirst(2)) ?? 0) <= 0 }
            }
        }
        return false
    }

    /// Refuses a body that is not declared as JSON in UTF-8.
    static func requireJSON(_ request: Request) throws(Problem) {
        guard let type = request.headers[.contentType], isJSON(type) else {
            let given = request.headers[.contentType].map { "\"\($0.quotable)\"" } ?? "missing"
            throw Problem(.unsupportedMedia, "Content-Type is \(given); it must be application/json.")
        }
    }

    /// Whether a content type is JSON, in an encoding that JSON may have.
    static func isJSON(_ contentType: String) -> Bool {
        if contentType == "application/json" { return true }
        let parts = contentType.split(separator: ";").map { $0.trimmingWhitespace().lowercased() }
        guard let type = parts.first, type == "application/json" || type.hasSuffix("+json") else { return false }
        return !parts.dropFirst().contains {
            $0.hasPrefix("charset=") && $0 != "charset=utf-8" && $0 != "charset=\"utf-8\""
        }
    }
}
#endif
