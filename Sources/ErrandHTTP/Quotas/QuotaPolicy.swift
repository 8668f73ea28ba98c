#if Server
import HTTPTypes

/// What is limited, as `RateLimit-Policy` and `violated-policies` name it (draft-ietf-httpapi-ratelimit-headers-10).
enum QuotaPolicy: String, Sendable {
    case requests = "default"
    case submits = "submit"
    case queuedJobs = "queued"
    case uploadBytes = "uploads"
    case streams = "sse"

    /// What there is too much of, as a sentence goes on.
    var words: String {
        switch self {
        case .requests: "requests in a minute"
        case .submits: "jobs submitted in a minute"
        case .queuedJobs: "queued jobs"
        case .uploadBytes: "bytes of uploads"
        case .streams: "open streams"
        }
    }
}

extension Problem {
    /// The refusal of what would be more than a tenant may have.
    static func exceeded(_ policy: QuotaPolicy, limit: some BinaryInteger, retryAfter: Int) -> Problem {
        var problem = Problem(.quotaExceeded, "At most \(limit) \(policy.words) are allowed; come back later.")
        problem.violatedPolicies = [policy.rawValue]
        problem.headers[.retryAfter] = String(retryAfter)
        return problem
    }
}
#endif
