#if Server
import Errand
import HTTPTypes

/// How much of a rate is used up in the present minute, which begins with the first use.
struct RateWindow: Sendable {
    static let length = Duration.seconds(60)

    private var opened: Duration?
    private(set) var used = 0

    /// Takes so many from a limit; false, and nothing is taken, when fewer are left.
    mutating func take(_ count: Int, of limit: Int, at now: Duration) -> Bool {
        if opened.map({ now - $0 >= Self.length }) ?? true { (opened, used) = (now, 0) }
        guard used.saturatingSum(count) <= limit else { return false }
        used += count
        return true
    }

    /// Whether nothing of it counts any more.
    func isOver(at now: Duration) -> Bool { opened.map { now - $0 >= Self.length } ?? true }

    /// How long until the next minute begins, in whole seconds, at least one.
    func secondsLeft(at now: Duration) -> Int {
        guard let opened else { return 1 }
        return (Self.length - (now - opened)).secondsFromOne
    }
}

/// What the headers of an answer say about a rate.
struct RateReport: Sendable {
    let policy: QuotaPolicy
    let limit: Int
    let left: Int
    let seconds: Int

    /// A refusal that says it as well; what is no refusal stays what it is, as the log has to have it.
    func added(to error: any Error) -> any Error {
        var problem = Problem(error)
        guard problem.status < 500 else { return error }
        write(to: &problem.headers)
        return problem
    }

    func write(to headers: inout HTTPFields) {
        headers[.rateLimitPolicy] = "\"\(policy.rawValue)\";q=\(limit);w=\(RateWindow.length.components.seconds)"
        headers[.rateLimit] = "\"\(policy.rawValue)\";r=\(left);t=\(seconds)"
    }
}

extension HTTPField.Name {
    /// Which rates hold (draft-ietf-httpapi-ratelimit-headers-10).
    static let rateLimitPolicy = HTTPField.Name(validated: "RateLimit-Policy")
    /// What is left of them.
    static let rateLimit = HTTPField.Name(validated: "RateLimit")
}
#endif
