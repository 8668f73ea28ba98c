#if Server
public import Hummingbird

/// One operation of the API.
public struct APIRoute: Sendable {
    /// Answers a request.
    public typealias Handler = @Sendable (Request, APIContext) async throws -> Response

    /// The method; a GET answers HEAD as well.
    public let method: HTTPRequest.Method
    /// The path, with its parameters in braces: `/api/jobs/{id}`.
    public let path: String
    /// The operation's name, unique in the API: `getJob`.
    public let operation: String
    let handler: Handler

    init(_ method: HTTPRequest.Method, _ path: String, _ operation: String, _ handler: @escaping Handler) {
        self.method = method
        self.path = path
        self.operation = operation
        self.handler = handler
    }

    /// The path as Hummingbird spells it: `/api/jobs/:id`.
    var routerPath: RouterPath {
        RouterPath(
            path.split(separator: "/").map { Self.isParameter($0) ? ":\($0.dropFirst().dropLast())" : $0 }
                .joined(separator: "/")
        )
    }

    /// Whether a part of the path stands for any text.
    static func isParameter(_ part: Substring) -> Bool { part.hasPrefix("{") && part.hasSuffix("}") }
}
#endif
