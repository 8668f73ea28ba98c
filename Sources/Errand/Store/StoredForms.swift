import FoundationEssentials

// The forms in which stores keep what is not just a text or a number; the same in all of them.

extension JobStatus {
    /// The number a status is stored as.
    package var code: Int64 {
        switch self {
        case .queued: 0
        case .running: 1
        case .completed: 2
        case .failed: 3
        case .cancelled: 4
        }
    }

    /// Reads what ``code`` wrote; throws `corrupt` for a number that it never writes.
    package init(code: Int64) throws(JobStoreError) {
        switch code {
        case 0: self = .queued
        case 1: self = .running
        case 2: self = .completed
        case 3: self = .failed
        case 4: self = .cancelled
        default:
            throw JobStoreError(.corrupt, "A job has the unknown status \(code); a newer version may have written it.")
        }
    }
}

extension ResultType {
    /// The number a result's place is stored as.
    package var code: Int64 {
        switch self {
        case .inline: 0
        case .s3: 1
        case .url: 2
        }
    }

    /// Reads what ``code`` wrote; nil where there is no result.
    package init?(code: Int64?) {
        switch code {
        case 0: self = .inline
        case 1: self = .s3
        case 2: self = .url
        default: return nil
        }
    }
}

extension [RunRecord] {
    /// Reads what ``text`` wrote.
    package init(stored text: JSONText) throws(JobStoreError) {
        do {
            self = try text.elements().map { try RunRecord(stored: $0.object()) }
        } catch {
            throw JobStoreError(.corrupt, "A job's run records cannot be read.", underlying: error)
        }
    }

    /// The records as JSON with names of one letter: a job that keeps failing has ten of them.
    package var text: JSONText {
        var writer = JSONWriter()
        writer.array { writer in
            for run in self {
                writer.object { writer in
                    writer.member("a", run.attempt)
                    writer.member("f", run.fence)
                    writer.member("s", run.startedAt.milliseconds)
                    writer.member("e", run.endedAt.milliseconds)
                    writer.member("o", run.outcome.rawValue)
                    writer.member("c", run.code)
                    writer.member("m", run.message)
                    writer.member("w", run.workerId)
                }
            }
        }
        return writer.text
    }
}

extension RunRecord {
    fileprivate init(stored object: JSONObject) throws(JobStoreError) {
        guard let attempt = object["a"]?.int64Value, let fence = object["f"]?.int64Value,
            let start = object["s"]?.int64Value, let end = object["e"]?.int64Value,
            let outcome = object["o"]?.stringValue.flatMap(Outcome.init)
        else { throw JobStoreError(.corrupt, "A run record lacks a field.") }
        self.init(
            attempt: Int(attempt),
            fence: fence,
            startedAt: Date(milliseconds: start),
            endedAt: Date(milliseconds: end),
            outcome: outcome,
            failure: nil,
            workerId: object["w"]?.nameValue
        )
        code = object["c"]?.stringValue
        message = object["m"]?.stringValue
    }
}
