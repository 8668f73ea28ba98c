#if Postgres
import Errand

/// A job's row that makes no sense: something else wrote it, or the disk did.
struct CorruptRow: Error, CustomStringConvertible {
    let number: Int64
    /// What about it makes no sense.
    let reason: String

    var description: String { "job #\(number): \(reason)" }

    /// Reads a row, and says of an error whose row it is.
    static func naming<Value>(
        _ number: Int64,
        _ read: () throws(JobStoreError) -> Value
    ) throws(JobStoreError) -> Value {
        do throws(JobStoreError) {
            return try read()
        } catch {
            let row = CorruptRow(number: number, reason: error.message)
            throw JobStoreError(.corrupt, "Job #\(number) cannot be read: \(error.message)", underlying: row)
        }
    }

    /// Refuses numbers that no transition can have made.
    static func check(attempt: Int64, maxAttempts: Int64, lostCount: Int64, fence: Int64) throws(JobStoreError) {
        guard attempt >= 0, maxAttempts >= 1, lostCount >= 0, fence >= 0 else {
            throw JobStoreError(
                .corrupt,
                "attempt \(attempt) of \(maxAttempts), lost \(lostCount) times, fence \(fence) cannot be."
            )
        }
    }
}

extension JobStoreError {
    /// The row that cannot be read, where that is what lay underneath.
    var corruptRow: CorruptRow? { underlying as? CorruptRow }
}

extension JobFailure {
    static let corruptRow = JobFailure(
        code: Code.corruptRow,
        message: "What was stored of this job makes no sense; an operator finds it in the table corrupt_rows."
    )
}
#endif
