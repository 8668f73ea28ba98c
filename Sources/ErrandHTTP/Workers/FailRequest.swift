#if Server
import Errand
import FoundationEssentials

/// The body that says why a run failed.
struct FailRequest {
    static let schema = Schema.fields([
        "message": Schema.string(1...1_000_000)
            .about("Why, for the job's owner; what is beyond \(JobLimits.errorBytes) bytes is cut."),
        "code": Schema.string(1...JobLimits.nameBytes, pattern: "^[A-Za-z0-9_.-]+$")
            .about("Why, for a program.").standard("\"error\"").optional,
        "details": Schema.any
            .about("More of it; what has more than \(JobLimits.detailsBytes) bytes of JSON is left out.").optional,
        "retryable": Schema.boolean.about("false: do not try again.").standard("true").optional,
        "retryAfterSeconds": Schema.delay.about("Left out: longer after each attempt.").optional,
    ])

    private var code: String?
    private var message: String?
    private var details: JSONText?
    private var isRetryable = true
    private var retryAfterSeconds: Int64?

    mutating func take(_ name: String, _ value: JSONText, _ reader: inout FieldReader) -> Bool {
        switch name {
        case "code": code = reader.string(name, value)
        case "message": message = reader.string(name, value)
        case "details": details = value.isNull ? nil : value
        case "retryable": isRetryable = reader.bool(name, value) ?? true
        case "retryAfterSeconds":
            retryAfterSeconds = reader.integer(name, value, in: 0...Int64(JobLimits.longestDelay))
        default: return false
        }
        return true
    }

    /// The failure to record.
    func failure() throws(Problem) -> JobFailure {
        guard let message, !message.isEmpty else {
            throw .field("/message", "required", "message is missing; it says to the job's owner why it failed.")
        }
        if let code, !Self.isWord(code) {
            throw .field(
                "/code",
                "invalid",
                "code is \"\(code.quotable)\"; it must have 1 to \(JobLimits.nameBytes) letters, digits, _, - or ."
            )
        }
        return JobFailure(code: code ?? "error", message: message, details: details)
    }

    /// When the job may run again; nil is never.
    func delay(afterAttempt attempt: Int, random: RandomSource) -> Duration? {
        guard isRetryable else { return nil }
        if let retryAfterSeconds { return .seconds(retryAfterSeconds) }
        var numbers: any RandomNumberGenerator & Sendable = random.numbers
        return RetryPolicy.exponential().delay(afterAttempt: attempt, error: RunFailed(), using: &numbers)
    }

    private static func isWord(_ text: String) -> Bool {
        (1...JobLimits.nameBytes).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    /// Stands for what the worker met: the default policy does not look at it.
    private struct RunFailed: Error {}
}
#endif
