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
    var code: Int64 {
        switch self {
        case .inline: 0
        case .s3: 1
        case .url: 2
        }
    }

    init?(code: Int64?) {
        switch code {
        case 0: self = .inline
        case 1: self = .s3
        case 2: self = .url
        default: return nil
        }
    }
}

/// Where a job that has not ended stands with regard to claims; the number it is stored as.
enum JobPhase: Int64 {
    /// Due: free to be claimed or, as its status says, claimed.
    case due
    /// Waits for its time.
    case scheduled
    /// Run by something else.
    case tracked
    /// Waits for other jobs.
    case blocked
}

/// The texts that may be long; over 2 KiB they are kept apart from the job's row.
enum LongText: Int64 {
    case failureDetails, errors, metadata, data, internalData, checkpoint, result, payload

    static let inlineBytes = 2048

    /// The key in `job_texts`.
    func place(_ number: Int64) -> Int64 { number << 3 | rawValue }
}

/// A unique key as it is stored: the type and tenant it is unique within stand in front, by their lengths.
struct UniqueKey {
    let prefix: String

    init(type: String, tenant: String?) {
        prefix = "\(type.utf8.count):\(type)\(tenant.map { "\($0.utf8.count):\($0)" } ?? "-")/"
    }

    func stored(_ key: String) -> String { prefix + key }
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
            workerId: object["w"]?.stringValue
        )
        code = object["c"]?.stringValue
        message = object["m"]?.stringValue
    }
}
