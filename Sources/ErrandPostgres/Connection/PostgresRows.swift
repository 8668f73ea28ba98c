#if Postgres
import CPostgres
import Errand
import FoundationEssentials

/// A statement's answer, in libpq's text form.
final class PostgresRows {
    private let result: OpaquePointer

    init(_ result: OpaquePointer) { self.result = result }

    deinit { PQclear(result) }

    var count: Int { Int(PQntuples(result)) }

    /// How many rows a statement without an answer wrote.
    var changedCount: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

    /// Reads every row from its first column on.
    func map<Value>(
        _ read: (inout PostgresRow) throws(JobStoreError) -> Value
    ) throws(JobStoreError) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(count)
        for index in 0..<count {
            var row = PostgresRow(rows: self, index: Int32(index))
            values.append(try read(&row))
        }
        return values
    }

    /// Reads the first row, where there is one.
    func first<Value>(
        _ read: (inout PostgresRow) throws(JobStoreError) -> Value
    ) throws(JobStoreError) -> Value? {
        guard count > 0 else { return nil }
        var row = PostgresRow(rows: self, index: 0)
        return try read(&row)
    }

    fileprivate func bytes(_ row: Int32, _ column: Int32) -> UnsafeBufferPointer<UInt8>? {
        guard PQgetisnull(result, row, column) == 0, let start = PQgetvalue(result, row, column) else { return nil }
        let count = Int(PQgetlength(result, row, column))
        return start.withMemoryRebound(to: UInt8.self, capacity: count) {
            UnsafeBufferPointer(start: $0, count: count)
        }
    }
}

/// One row, read column by column: each call takes the next, so that code and column list stand in the same order.
struct PostgresRow {
    fileprivate let rows: PostgresRows
    fileprivate let index: Int32
    private var column: Int32 = 0

    fileprivate init(rows: PostgresRows, index: Int32) { (self.rows, self.index) = (rows, index) }

    private mutating func next() -> UnsafeBufferPointer<UInt8>? {
        defer { column += 1 }
        return rows.bytes(index, column)
    }

    mutating func optionalInt() -> Int64? {
        guard let bytes = next() else { return nil }
        var (value, isNegative): (Int64, Bool) = (0, false)
        for byte in bytes {
            if byte == UInt8(ascii: "-") { isNegative = true } else { value = value &* 10 &- Int64(byte &- 48) }
        }
        return isNegative ? value : 0 &- value
    }

    mutating func int() -> Int64 { optionalInt() ?? 0 }

    mutating func bool() -> Bool { next()?.first == UInt8(ascii: "t") }

    mutating func optionalText() -> String? { next().map { String(decoding: $0, as: UTF8.self) } }

    mutating func text() -> String { optionalText() ?? "" }

    mutating func optionalName() -> Name? { optionalText().map { Name($0) } }

    mutating func name() -> Name { Name(text()) }

    /// JSON that is looked through once more: others may write to a server's tables too.
    mutating func json() throws(JobStoreError) -> JSONText? {
        guard let text = optionalText() else { return nil }
        do throws(JSONError) {
            return try JSONText(validating: text)
        } catch {
            throw JobStoreError(.corrupt, "A text that should be JSON is none: \(error)")
        }
    }

    mutating func date() -> Date { Date(milliseconds: int()) }

    mutating func optionalDate() -> Date? { optionalInt().map(Date.init(milliseconds:)) }

    mutating func id() throws(JobStoreError) -> JobID {
        let text = text()
        guard let id = JobID(text) else { throw JobStoreError(.corrupt, "\"\(text)\" is no job's identifier.") }
        return id
    }
}
#endif
