#if Server
import Hummingbird

/// All operations, and which methods a path has; `OPTIONS` and refusals of other methods are answered from it.
struct RouteTable: Sendable {
    let routes: [APIRoute]
    private let parts: [[Substring]]

    init(_ routes: [APIRoute]) {
        self.routes = routes
        parts = routes.map { $0.path.split(separator: "/") }
    }

    /// The methods that a path has, in a fixed order; none when there is no such path.
    func methods(at path: String) -> [HTTPRequest.Method] {
        let found = routes(at: path).map(\.method)
        guard !found.isEmpty else { return [] }
        let order: [HTTPRequest.Method] = [.get, .post, .put, .patch, .delete].filter(found.contains)
        return order.flatMap { $0 == .get ? [.get, .head] : [$0] } + [.options]
    }

    /// The operations whose path stands for a path; one with a word goes before one with a parameter, as in the router.
    func routes(at path: String) -> [APIRoute] {
        let wanted = path.split(separator: "/")
        let found = zip(routes, parts).filter { matches($0.1, wanted) }
        let words = found.map { wordCount($0.1) }
        let most = words.max()
        return zip(found, words).filter { $0.1 == most }.map(\.0.0)
    }

    private func wordCount(_ parts: [Substring]) -> Int { parts.count { !APIRoute.isParameter($0) } }

    private func matches(_ parts: [Substring], _ wanted: [Substring]) -> Bool {
        parts.count == wanted.count && zip(parts, wanted).allSatisfy { APIRoute.isParameter($0) || $0 == $1 }
    }
}
#endif
