public import FoundationEssentials

/// What a run tells while it goes on; only what is set is written.
public struct RunReport: Sendable, Equatable {
    /// The right to write.
    public var lease: JobLease
    /// 0 to 100; other values are clamped.
    public var progress: Int?
    /// What the handler says about it, at most 1 KiB; longer ones are cut.
    public var message: String?
    /// Replaces the job's `data`.
    public var data: JSONText?
    /// Replaces the job's checkpoint.
    public var checkpoint: JSONText?
    /// Lines to add to the job's log.
    public var logs: [LogLine]
    /// Numbers the lines of a run that are sent together, so that those which come a second time are not added again;
    /// nil adds them in any case.
    public var logBatch: Int64?

    /// Creates an empty report.
    public init(lease: JobLease) {
        self.lease = lease
        logs = []
    }
}

/// One line of a job's log.
public struct LogLine: Sendable, Hashable {
    /// How much a line matters; the words of swift-log.
    public enum Level: String, Sendable, Hashable, CaseIterable, Comparable {
        // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
        case trace, debug, info, notice, warning, error, critical

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
        // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
        public static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
    }

    /// When it was written.
    public var at: Date
    /// How much it matters.
    public var level: Level
    /// The text, at most 8 KiB; longer ones are cut.
    public var message: String

    /// Creates a line.
    public init(at: Date, level: Level, message: String) {
        self.at = at
        self.level = level
        self.message = message
    }
}

/// A line as it is stored.
public struct StoredLogLine: Sendable, Hashable {
    /// Grows within the job; where to go on reading.
    public var sequence: Int64
    /// The charged run that wrote it.
    public var attempt: Int
    /// The line.
    public var line: LogLine

    /// Creates a stored line.
    public init(sequence: Int64, attempt: Int, line: LogLine) {
        self.sequence = sequence
        self.attempt = attempt
        self.line = line
    }
}

/// A file that a job made, beside its result.
public struct JobFile: Sendable, Hashable {
    /// The name people see, such as `errors.csv`; unique in its job.
    public var name: String
    /// The key in object storage.
    public var key: String
    /// Its length in bytes.
    public var size: Int64
    /// The SHA-256 of its content, lowercase hexadecimal.
    public var sha256: String
    /// Its media type.
    public var contentType: String

    /// Creates a file's record.
    public init(name: String, key: String, size: Int64, sha256: String, contentType: String) {
        self.name = name
        self.key = key
        self.size = size
        self.sha256 = sha256
        self.contentType = contentType
    }
}

/// What became of a fenced write.
public enum WriteResult: Sendable, Hashable {
    /// It took effect.
    case applied
    /// The job was cancelled meanwhile: stop, and acknowledge.
    case cancelled
    /// Another claim, or none, holds the job; nothing was written. The job's status where it still exists.
    case fenced(currentStatus: JobStatus?)
}
