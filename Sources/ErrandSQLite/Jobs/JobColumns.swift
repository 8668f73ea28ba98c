import Errand

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
    /// Waits until its cancelled run has stopped.
    case stopping
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

    init(type: Name, tenant: Name?) {
        prefix = "\(type.utf8.count):\(type)\(tenant.map { "\($0.utf8.count):\($0)" } ?? "-")/"
    }

    func stored(_ key: Name) -> String { prefix + key.text }
}
