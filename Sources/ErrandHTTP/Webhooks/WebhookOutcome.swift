#if Server
import Errand
import FoundationEssentials

/// What an attempt to deliver came to.
enum WebhookOutcome: Sendable, Equatable {
    /// The receiver took it.
    case delivered(status: Int)
    /// It is to be tried again; the receiver may have said when, and may ask to be left alone until then.
    case failed(status: Int?, reason: String, retryAfter: Duration? = nil, throttles: Bool = false)
    /// The receiver wants nothing any more.
    case gone
    /// The URL may not be sent to.
    case unsafe(String)

    /// Reads an answer: only 2xx is success, a redirect is none.
    init(_ answer: OutboundAnswer, at now: Date) {
        switch answer.status {
        case 200..<300: self = .delivered(status: answer.status)
        case 410: self = .gone
        default:
            let wait = answer.retryAfter.flatMap { RetryAfter.duration($0, at: now) }
            self = .failed(
                status: answer.status,
                reason: "The receiver answered \(answer.status).",
                retryAfter: wait,
                throttles: [429, 502, 504].contains(answer.status) || wait != nil
            )
        }
    }

    /// What it is counted as.
    var result: String {
        switch self {
        case .delivered: "delivered"
        case .failed: "failed"
        case .gone: "gone"
        case .unsafe: "unsafe"
        }
    }

    /// What the answer's code was; nil where there was no answer.
    var status: Int? {
        switch self {
        case .delivered(let status): status
        case .failed(let status, _, _, _): status
        case .gone: 410
        case .unsafe: nil
        }
    }

    /// Why it did not arrive, for whoever set the webhook up.
    var reason: String? {
        switch self {
        case .delivered: nil
        case .failed(_, let reason, _, _): reason
        case .gone: "The receiver answered 410: it wants nothing any more."
        case .unsafe(let reason): "The URL is refused: \(reason)."
        }
    }
}

/// `Retry-After` (RFC 9110, 10.2.3).
enum RetryAfter {
    /// Nobody is waited for longer than this.
    static let longest: Duration = .seconds(86_400)
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// How long to wait: whole seconds, or until a date; nil for what is neither.
    static func duration(_ text: String, at now: Date) -> Duration? {
        let text = text.trimmingWhitespace()
        if let seconds = Int64(text), seconds >= 0 { return min(.seconds(seconds), longest) }
        guard let date = date(text) else { return nil }
        let wait = Duration.milliseconds(date.milliseconds - now.milliseconds)
        return min(max(wait, .zero), longest)
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that is sent today.
    private static func date(_ text: String) -> Date? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else {
            return nil
        }
        let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
        return RFC3339.parse("\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
    }
}
#endif
