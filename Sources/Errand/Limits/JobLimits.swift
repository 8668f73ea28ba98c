import FoundationEssentials

/// What no store is given, because one of them could not keep it or a reader could not bear it.
///
/// Sizes are in bytes of UTF-8.
public enum JobLimits {
    /// The input.
    public static let payloadBytes = 256 * 1024
    /// An inline result.
    public static let resultBytes = 256 * 1024
    /// The handler's checkpoint.
    public static let checkpointBytes = 256 * 1024
    /// `data`, `internalData` and `metadata`, each.
    public static let dataBytes = 64 * 1024
    /// `failure.details`.
    public static let detailsBytes = 16 * 1024
    /// `error`, `failure.message`, and the reasons that people give for a cancel or a pause.
    public static let errorBytes = 4 * 1024
    /// `progressMessage`.
    public static let progressMessageBytes = 1024
    /// One line of a job's log.
    public static let logLineBytes = 8 * 1024
    /// The lines one attempt may log; later ones are dropped.
    public static let logLinesPerAttempt = 1000
    /// Type, queue, tenant, project, `createdBy`, `uniqueKey` and the like.
    public static let nameBytes = 200
    /// Jobs named in `after`.
    public static let dependencies = 100
    /// The nesting of any JSON.
    public static let jsonDepth = 64
    /// Consecutive lost runs after which a job is failed as a poison pill.
    public static let lostRuns = 3
    /// The longest delay of a job, in seconds: ten years.
    package static let longestDelay = 315_360_000
    /// What ``NewJob/recordExpiresAt`` may be: seconds since 1970 up to the end of the year 9999.
    package static let expiries: ClosedRange<Int64> = 0...Moment.latest.milliseconds / 1000
}

extension JobLimits {
    /// Refuses a reason that somebody gives for what they do, where it is longer than a ``Job/error`` may be; stores
    /// call it before they change anything.
    ///
    /// - Parameter reason: What was given.
    /// - Throws: `invalid`, with the pointer `/reason`.
    public static func check(reason: String?) throws(JobStoreError) { try check(reason, "/reason") }

    static func check(_ text: String?, _ pointer: String) throws(JobStoreError) {
        guard let text else { return }
        guard text.utf8.count <= errorBytes else {
            throw .invalid("has \(text.utf8.count) bytes; at most \(errorBytes) are allowed", pointer)
        }
        guard !text.utf8.contains(0) else { throw .invalid("must not contain NUL", pointer) }
    }
}

extension NewJob {
    /// Refuses what no store could keep or what makes no sense; stores call it before they store anything.
    ///
    /// - Parameter index: The job's place in its batch, for the pointer.
    /// - Throws: `invalid`, with a pointer to the part and a message that names the value.
    public func validate(at index: Int = 0) throws(JobStoreError) {
        let place = "/\(index)"
        try Self.checkName(type.text, "\(place)/type")
        try Self.checkName(queue.text, "\(place)/queue")
        for (name, value) in [
            ("projectId", projectId?.text), ("projectName", projectName), ("createdBy", createdBy),
            ("createdByName", createdByName), ("uniqueKey", uniqueKey?.text), ("traceparent", traceparent),
        ] {
            if let value { try Self.checkName(value, "\(place)/\(name)") }
        }
        try checkNumbers(place)
        try Self.checkObject(payload, JobLimits.payloadBytes, "\(place)/payload")
        try Self.checkObject(metadata, JobLimits.dataBytes, "\(place)/metadata")
        if let data { try Self.checkObject(data, JobLimits.dataBytes, "\(place)/data") }
        if let internalData { try Self.checkObject(internalData, JobLimits.dataBytes, "\(place)/internalData") }
        try webhook?.validate("\(place)/webhook")
    }

    private func checkNumbers(_ place: String) throws(JobStoreError) {
        guard maxAttempts >= 1, maxAttempts <= 1000 else {
            throw .invalid("maxAttempts is \(maxAttempts); it must be 1 to 1000", "\(place)/maxAttempts")
        }
        if let timeoutSeconds, timeoutSeconds < 1 || timeoutSeconds > 30 * 86400 {
            throw .invalid("timeoutSeconds is \(timeoutSeconds); it must be 1 to 2592000", "\(place)/timeoutSeconds")
        }
        if let delaySeconds {
            guard runAt == nil else {
                throw .invalid("runAt and delaySeconds are both given; give one", "\(place)/delaySeconds")
            }
            guard (0...JobLimits.longestDelay).contains(delaySeconds) else {
                let range = "0 to \(JobLimits.longestDelay)"
                throw .invalid("delaySeconds is \(delaySeconds); it must be \(range)", "\(place)/delaySeconds")
            }
        }
        if let recordExpiresAt, !JobLimits.expiries.contains(recordExpiresAt) {
            throw .invalid("recordExpiresAt must be seconds since 1970 up to the year 9999", "\(place)/recordExpiresAt")
        }
        if let seconds = tracking?.staleAfterSeconds, !(1...JobLimits.longestDelay).contains(seconds) {
            let range = "1 to \(JobLimits.longestDelay)"
            throw .invalid("staleAfterSeconds is \(seconds); it must be \(range)", "\(place)/staleAfterSeconds")
        }
        guard after.count <= JobLimits.dependencies else {
            throw .invalid("after names \(after.count) jobs; at most 100 are allowed", "\(place)/after")
        }
        if let id, !id.isVersion7, !id.isVersion8 {
            throw .invalid("\(id) is no UUID of version 7 or 8; leave id out to have one made", "\(place)/id")
        }
    }

    static func checkName(_ value: String, _ pointer: String) throws(JobStoreError) {
        let count = value.utf8.count
        guard count >= 1, count <= JobLimits.nameBytes else {
            throw .invalid("must be 1 to \(JobLimits.nameBytes) bytes long, is \(count)", pointer)
        }
        guard !value.utf8.contains(0) else { throw .invalid("must not contain NUL", pointer) }
    }

    static func checkObject(_ value: JSONText, _ bytes: Int, _ pointer: String) throws(JobStoreError) {
        guard value.kind == .object else { throw .invalid("must be a JSON object", pointer) }
        try value.checkSize(bytes, pointer)
    }
}

extension JSONText {
    func checkSize(_ bytes: Int, _ pointer: String) throws(JobStoreError) {
        guard utf8Count <= bytes else {
            throw .invalid("is \(utf8Count) bytes long; at most \(bytes) are allowed", pointer)
        }
    }
}

extension JobStoreError {
    static func invalid(_ message: String, _ pointer: String) -> JobStoreError {
        JobStoreError(.invalid, "\(pointer): \(message)", pointer: pointer)
    }
}

extension String {
    /// The longest prefix of whole characters within a number of bytes; for texts that are cut, not refused.
    package func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(startIndex, offsetBy: limit)
        // 10xxxxxx goes on with a character: step back to where it starts.
        while end > startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
