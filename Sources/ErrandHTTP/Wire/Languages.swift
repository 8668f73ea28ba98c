#if Server
import HTTPTypes
import Hummingbird

/// The languages that a reader wants, the preferred first.
enum Languages {
    /// Those of the parameter `lang`, or else of `Accept-Language` (RFC 9110, section 12.5.4).
    static func wanted(_ request: Request, _ query: Query) throws(Problem) -> [String] {
        if let language = try query.text("lang") { return [language] }
        guard let header = request.headers[.acceptLanguage] else { return [] }
        let ranges = header.split(separator: ",").map { range in
            let parts = range.split(separator: ";").map { $0.trimmingWhitespace() }
            let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            return (language: parts.first ?? "", quality: quality)
        }
        // The order of the header decides between those that are wanted alike.
        return ranges.enumerated().filter { $0.element.quality > 0 && $0.element.language != "*" }
            .sorted { ($1.element.quality, $0.offset) < ($0.element.quality, $1.offset) }
            .map(\.element.language)
    }
}
#endif
