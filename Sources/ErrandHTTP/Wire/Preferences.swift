#if Server
import Errand
import HTTPTypes
import Hummingbird

/// What a client would like, and can do without (RFC 7240).
struct Preferences: Sendable {
    /// The longest that an answer is held back, in seconds.
    static let longestWait = 60

    /// The header of an operation that can wait for news.
    static let waiting = Parameter.header(
        "Prefer",
        .text,
        "wait=N: hold the answer up to N seconds, at most \(longestWait) (RFC 7240)."
    )
    /// The header of a submit.
    static let submitting = Parameter.header(
        "Prefer",
        .text,
        """
        wait=N: hold the answer until the job has ended, up to N seconds, at most \(longestWait). return=minimal: no \
        body. handling=lenient: pass over unknown fields, and list them in warnings. respond-async: answer at once.
        """
    )

    /// For how many seconds the answer may be held back for something to happen.
    private(set) var wait: Int?
    /// An answer at once is welcome.
    private(set) var respondsAsync = false
    /// No body is needed.
    private(set) var isMinimal = false
    /// Fields that nobody knows are to be passed over, and listed.
    private(set) var isLenient = false

    /// Reads the header fields; what is not known or not well-formed is passed over, and the first of two counts.
    init(_ request: Request) {
        var seen: Set<String> = []
        for field in request.headers[values: .prefer] {
            for preference in field.split(at: ",") { take(preference, &seen) }
        }
    }

    private mutating func take(_ preference: Substring, _ seen: inout Set<String>) {
        let words = (preference.split(at: ";").first ?? "").split(separator: "=", maxSplits: 1)
            .map { $0.trimmingWhitespace() }
        guard let name = words.first?.lowercased(), seen.insert(name).inserted else { return }
        let value = words.count == 2 ? words[1].trimmingQuotes() : ""
        switch name {
        case "respond-async": respondsAsync = true
        case "wait": wait = UInt32(value).map { min(Int($0), Self.longestWait) }
        case "return": isMinimal = value.lowercased() == "minimal"
        case "handling": isLenient = value.lowercased() == "lenient"
        default: break
        }
    }
}

extension String {
    fileprivate func trimmingQuotes() -> String {
        utf8.count >= 2 && hasPrefix("\"") && hasSuffix("\"") ? String(dropFirst().dropLast()) : self
    }
}
#endif
