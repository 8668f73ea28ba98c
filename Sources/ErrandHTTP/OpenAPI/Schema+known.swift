#if Server
import Errand

/// Values that many operations take or answer.
extension Schema {
    static let any = Schema(.any)
    static let boolean = Schema(.boolean)
    static let number = Schema(.number)
    static let text = Schema.string()
    /// A whole number from 0, as far as 64 bits go.
    static let count = Schema.integer(0...Int64.max)
    /// A time in the years 1970 to 9999 (``Errand/Moment``).
    static let time = Schema.string(pattern: "^(19[7-9][0-9]|[2-9][0-9]{3})-.+$", format: "date-time")
    /// A time as somebody else's clock has it.
    static let foreignTime = Schema.string(format: "date-time")
    static let uuid = Schema.string(
        pattern: "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
        format: "uuid"
    )
    /// The name of a type, queue, project or the like; the limit is of bytes in UTF-8.
    static let name = Schema.string(1...JobLimits.nameBytes)
    static let anyObject = Schema.map(.any)
    static let status = Schema.words(JobStatus.allCases.map(\.rawValue)).named("JobStatus")
    static let logLevel = Schema.words(LogLine.Level.allCases.map(\.rawValue)).named("LogLevel")
    static let sha256 = Schema.string(pattern: "^[0-9a-f]{64}$")
    /// What a worker has to do with a run.
    static let action = Schema.object([
        "action": .words(["continue", "cancel"]).about(
            "cancel: somebody cancelled the job; stop it, then say cancelled."
        )
    ])
    /// How long something is to wait, in seconds.
    static let delay = Schema.integer(0...Int64(JobLimits.longestDelay))

    /// A text that says why somebody does something; the limit is of bytes in UTF-8.
    static func reason(_ meaning: String) -> Schema {
        .string(0...JobLimits.errorBytes).about("\(meaning) At most \(JobLimits.errorBytes) bytes.")
    }

    /// JSON whose text has at most a number of bytes.
    func atMost(bytes: Int, _ meaning: String) -> Schema {
        about("\(meaning) At most \(bytes) bytes of JSON.")
    }
}
#endif
