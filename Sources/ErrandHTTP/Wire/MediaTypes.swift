#if Server
import Errand
import HTTPTypes
import Hummingbird

/// Which media types a request brings and takes.
enum MediaTypes {
    /// Refuses a request that does not take a type, such as `application/json`.
    static func requireAccepted(_ type: String, by request: Request) throws(Problem) {
        guard let accept = request.headers[.accept], !accept.isEmpty, accept != "*/*", accept != type else { return }
        guard quality(of: type, in: accept) <= 0 else { return }
        throw Problem(.notAcceptable, "The answer is \(type), and Accept is \"\(accept.quotable)\".")
    }

    /// The type that a request likes best, among those that can be given; of two it likes alike, the first.
    static func choose(among types: [String], for request: Request) throws(Problem) -> String {
        let accept = request.headers[values: .accept].joined(separator: ",")
        let offers = types.map { (type: $0, quality: accept.isEmpty ? 1 : quality(of: $0, in: accept)) }
        let best = offers.map(\.quality).max() ?? 0
        if best > 0, let chosen = offers.first(where: { $0.quality == best }) { return chosen.type }
        let all = types.joined(separator: ", ")
        throw Problem(.notAcceptable, "The answer may be \(all), and Accept is \"\(accept.quotable)\".")
    }

    /// How much a type is liked, from 0, which is not at all, to 1.
    private static func quality(of type: String, in accept: String) -> Double {
        let family = type.prefix { $0 != "/" } + "/*"
        // The most precise range decides, so that "application/json;q=0, */*" refuses JSON.
        for wanted in [type, String(family), "*/*"] {
            for range in accept.split(at: ",") {
                let parts = range.split(at: ";").map { $0.trimmingWhitespace().lowercased() }
                guard parts.first == wanted else { continue }
                guard let weight = parts.dropFirst().first(where: { $0.hasPrefix("q=") }) else { return 1 }
                return Double(weight.dropFirst(2)) ?? 0
            }
        }
        return 0
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
        let parts = contentType.split(at: ";").map { $0.trimmingWhitespace().lowercased() }
        guard let type = parts.first, type == "application/json" || type.hasSuffix("+json") else { return false }
        return !parts.dropFirst().contains {
            $0.hasPrefix("charset=") && $0 != "charset=utf-8" && $0 != "charset=\"utf-8\""
        }
    }
}
#endif
