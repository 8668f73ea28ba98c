#if Server
public import Errand
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
    /// What a credential must allow; nil where none is asked for, or any will do.
    public let scope: AccessScope?
    /// Which credential is asked for.
    public let admission: Admission
    /// Whether a ticket in the query may stand for a credential, as for streams that browsers open.
    public private(set) var takesTicket = false
    /// What the body of a request is.
    public private(set) var body = Body.none
    /// The media type of a successful answer; nil where it has no body, or the object's own.
    public private(set) var answer: String? = "application/json"
    /// What the API's document says of it.
    private(set) var description = RouteDescription()
    let handler: Handler

    /// What the body of a request is.
    public enum Body: Sendable, Hashable {
        /// There is none.
        case none
        /// A JSON object, which may be left out.
        case optionalObject
        /// A JSON object.
        case object
        /// Any JSON value.
        case value
        /// A file of any type.
        case file
    }

    /// Which credential is asked for.
    public enum Admission: Sendable, Hashable {
        /// None.
        case open
        /// One that the operation itself looks at, as it takes it in other ways as well.
        case itself
        /// Any that is valid.
        case credential
        /// One that allows the operation's scope.
        case scope

        /// Whether there is no answer without one.
        var asksForCredential: Bool { self == .credential || self == .scope }
    }

    /// Declares an operation for those whose credential allows a scope.
    init(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ operation: String,
        _ scope: AccessScope,
        _ handler: @escaping Handler
    ) {
        self.init(method, path, operation, scope: scope, .scope, handler)
    }

    /// Declares an operation for everybody who can reach the server.
    static func open(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ operation: String,
        _ handler: @escaping Handler
    ) -> APIRoute {
        APIRoute(method, path, operation, scope: nil, .open, handler)
    }

    /// Declares an operation for everybody with a valid credential, whatever it allows.
    static func anyCredential(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ operation: String,
        _ handler: @escaping Handler
    ) -> APIRoute {
        APIRoute(method, path, operation, scope: nil, .credential, handler)
    }

    /// Declares an operation that looks at a credential itself.
    static func signingIn(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ operation: String,
        _ handler: @escaping Handler
    ) -> APIRoute {
        APIRoute(method, path, operation, scope: nil, .itself, handler)
    }

    private init(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ operation: String,
        scope: AccessScope?,
        _ admission: Admission,
        _ handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.operation = operation
        self.scope = scope
        self.admission = admission
        self.handler = handler
    }

    /// Declares what the body is.
    func taking(_ body: Body) -> APIRoute {
        var route = self
        route.body = body
        return route
    }

    /// Declares the media type of the answer.
    func answering(_ mediaType: String?) -> APIRoute {
        var route = self
        route.answer = mediaType
        return route
    }

    /// Declares that a ticket may stand for a credential.
    func takingTicket() -> APIRoute {
        var route = self
        route.takesTicket = true
        route.description.parameters.append(
            .query("ticket", .text, "From POST /api/stream-tickets, for browsers, whose EventSource sends no header.")
        )
        return route
    }

    /// Adds to what the API's document says of it.
    func describing(_ change: (inout RouteDescription) -> Void) -> APIRoute {
        var route = self
        change(&route.description)
        return route
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
