#if Server
import HTTPTypes
import Hummingbird

extension LoopbackAccess.Claims {
    init(_ request: Request) {
        let fields = request.headers
        hosts = [request.head.authority].compactMap(\.self) + fields[values: .hostField]
        if let host = request.uri.host { hosts.append(request.uri.port.map { "\(host):\($0)" } ?? host) }
        origins = fields[values: .origin]
        fetchSites = fields[values: .secFetchSite]
    }
}

extension HTTPField.Name {
    /// A second Host; the first one is the request's authority.
    static let hostField = HTTPField.Name(validated: "Host")
    /// Says which kind of page made a browser send the request.
    static let secFetchSite = HTTPField.Name(validated: "Sec-Fetch-Site")
    /// Names a request.
    static let requestId = HTTPField.Name(validated: "X-Request-Id")
    /// Where a stream was left.
    static let lastEventId = HTTPField.Name(validated: "Last-Event-ID")
    /// What a client would like (RFC 7240).
    static let prefer = HTTPField.Name(validated: "Prefer")
    /// Which of that was done.
    static let preferenceApplied = HTTPField.Name(validated: "Preference-Applied")
    /// Tells nginx not to hold back a stream.
    static let accelBuffering = HTTPField.Name(validated: "X-Accel-Buffering")
    /// Keeps a browser from guessing at content.
    static let contentTypeOptions = HTTPField.Name(validated: "X-Content-Type-Options")
    /// What a browser tells other sites about the page it comes from.
    static let referrerPolicy = HTTPField.Name(validated: "Referrer-Policy")
    /// Keeps pages of other sites out of the window's group.
    static let crossOriginOpenerPolicy = HTTPField.Name(validated: "Cross-Origin-Opener-Policy")
    /// Links to other pages of a list.
    static let link = HTTPField.Name(validated: "Link")

    /// A name that is known to be one.
    init(validated name: StaticString) {
        guard let field = HTTPField.Name("\(name)") else { preconditionFailure("\(name) is no header field's name") }
        self = field
    }
}
#endif
