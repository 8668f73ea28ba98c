#if Server
import Errand
import HTTPTypes
import Hummingbird

/// The cookie that holds a session, in the form that the connection allows.
///
/// With TLS it is `__Host-errand`, which a browser takes from this very host over TLS only. On this machine without TLS
/// Chrome and Firefox would take `Secure` cookies and differ about the prefix, and Safari takes neither: there it is
/// `errand`.
enum SessionCookie {
    /// What browsers keep of a cookie at least, its name and value together (RFC 6265, 6.1).
    static let longest = 4096

    static func name(_ transport: APIOptions.Transport) -> String {
        transport == .plain ? "errand" : "__Host-errand"
    }

    /// The field that makes a browser keep a session.
    static func set(_ value: String, maxAge: Int, _ transport: APIOptions.Transport) -> String {
        let secure = transport == .plain ? "" : "; Secure"
        return "\(name(transport))=\(value); Max-Age=\(maxAge); Path=/\(secure); HttpOnly; SameSite=Strict"
    }

    /// The field that makes a browser forget it.
    static func cleared(_ transport: APIOptions.Transport) -> String { set("", maxAge: 0, transport) }

    /// The session of a request; nil when there is none.
    ///
    /// - Throws: ``Problem`` for two, of which one may be somebody else's.
    static func value(in request: Request, _ transport: APIOptions.Transport) throws(Problem) -> String? {
        let fields = request.headers[values: .cookie]
        guard !fields.isEmpty else { return nil }
        let prefix = name(transport) + "="
        let found = fields.flatMap { $0.split(at: ";") }.map { $0.trimmingWhitespace() }
            .filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
        guard found.count <= 1 else {
            throw Problem.unauthenticated("invalid_request", "There is more than one cookie of a session.")
        }
        return found.first.flatMap { $0.isEmpty ? nil : $0 }
    }
}
#endif
