#if Postgres
import Errand
import FoundationEssentials

extension JobStatus {
    /// The number a status is stored as.
    var code: Int64 {
        switch self {
        case .queued: 0
        case .running: 1
        case .completed: 2
        case .failed: 3
        case .cancelled: 4
        }
    }

    init(code: Int64) throws(JobStoreError) {
        guard let status = Self.allCases.first(where: { $0.code == code }) else {
            throw JobStoreError(.corrupt, "A job has the unknown status \(code); a newer version may have written it.")
        }
        self = status
    }
}

extension ResultType {
    var code: Int64 {
        switch self {
        case .inline: 0
        case .s3: 1
        case .url: 2
        }
    }

    init?(code: Int64?) {
        guard let type = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = type
    }
}

extension [RunRecord] {
    /// Reads what ``text`` wrote.
    init(stored text: JSONText) throws(JobStoreError) {
        do {
            self = try text.elements().map { try RunRecord(stored: $0.object()) }
        } catch {
            throw JobStoreError(.corrupt, "A job's run records cannot be read.", underlying: error)
        }
    }

    var text: JSONText {
        var writer = JSONWriter()
        writer.array { writer in
            for run in self {
                writer.object { writer in
                    writer.member("attempt", run.attempt)
                    writer.member("fence", run.fence)
                    writer.member("startedAt", run.startedAt.milliseconds)
                    writer.member("endedAt", run.endedAt.milliseconds)
                    writer.member("outcome", run.outcome.rawValue)
                    writer.member("code", run.code)
                    writer.member("message", run.message)
                    writer.member("workerId", run.workerId)
                }
            }
        }
        return writer.text
    }
}

extension RunRecord {
    fileprivate init(stored object: JSONObject) throws(JobStoreError) {
        guard let attempt = object["attempt"]?.int64Value, let fence = object["fence"]?.int64Value,
            let start = object["startedAt"]?.int64Value, let end = object["endedAt"]?.int64Value,
            let outcome = object["outcome"]?.stringValue.flatMap(Outcome.init)
        else { throw JobStoreError(.corrupt, "A run record lacks a field.") }
        self.init(
            attempt: Int(attempt),
            fence: fence,
            startedAt: Date(milliseconds: start),
            endedAt: Date(milliseconds: end),
            outcome: outcome,
            failure: nil,
            workerId: object["workerId"]?.stringValue
        )
        code = object["code"]?.stringValue
        message = object["message"]?.stringValue
    }
}
#endif
