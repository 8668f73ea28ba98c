#if Postgres
import Errand

/// Stores and counts jobs that have no row yet; answers with their numbers, which grow in the order of the jobs.
///
/// Most columns say nothing, the usual or the same of every job of a batch. Those are left out, part of the text, or
/// one value and no array, so that the text depends on the batch; see ``InsertShape``.
enum InsertStatement {
    /// - Parameters:
    ///   - jobs: One at least.
    ///   - now: Milliseconds since 1970; what is due by then is claimable at once.
    ///   - areIDsNew: Whether nobody else can be about to store one of the identifiers.
    /// - Returns: The statement, whose rows are the numbers.
    static func make(_ jobs: [HeldJob], now: Int64, areIDsNew: Bool = true) -> PostgresStatement {
        var parts: [InsertShape.Part] = []
        var values: [PostgresValue] = []
        parts.reserveCapacity(InsertShape.columns.count)
        for column in InsertShape.columns {
            let value = jobs.count == 1 ? column.parameter(jobs[0]) : column.parameter(jobs).narrowed
            let part = InsertShape.Part(value, of: column)
            parts.append(part)
            if part.isParameter { values.append(value) }
        }
        let ended = jobs.count { $0.job.status.isTerminal }
        var shape = InsertShape(parts: parts, hasLive: ended < jobs.count, hasEnded: ended > 0)
        shape.sortsIDs = !areIDsNew && jobs.count > 1
        shape.sortsKeys = jobs.count > 1 && jobs.contains { $0.job.uniqueKey != nil }
        if shape.isCountedAlike { values.append(.int(Int64(jobs.count))) }
        if shape.hasLive { values.append(.int(now)) }
        return PostgresStatement(shape.text, values)
    }
}

extension PostgresValue {
    /// The value that all elements of an array have, or the array where they differ.
    fileprivate var narrowed: PostgresValue {
        switch self {
        case .ints(let values): values.common.map { .int($0) } ?? self
        case .bools(let values): values.common.map { .bool($0) } ?? self
        // By bytes: texts that Swift calls the same may be spelt otherwise, and each job keeps its own.
        case .texts(let values): values.map { $0.map { Name($0) } }.common.map { .text($0) } ?? self
        case .null, .int, .bool, .text: self
        }
    }
}

extension Array where Element: Equatable {
    fileprivate var common: Element? {
        guard let first, allSatisfy({ $0 == first }) else { return nil }
        return first
    }
}
#endif
