import Errand
import GRDBSQLite

/// A prepared statement, kept for as long as its connection; used by one thread.
///
/// The claim and settle paths run a few hundred thousand of these a second, which is why they bind and read through
/// SQLite's own functions. GRDB opens, pools and migrates.
final class SQLStatement {
    let handle: OpaquePointer
    private let database: OpaquePointer

    init(_ database: OpaquePointer, _ sql: String) throws(JobStoreError) {
        var handle: OpaquePointer?
        let code = sqlite3_prepare_v3(database, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
        guard code == SQLITE_OK, let handle else { throw .sqlite(database, code) }
        self.handle = handle
        self.database = database
    }

    deinit { sqlite3_finalize(handle) }

    /// Steps once; true when there is a row.
    func step() throws(JobStoreError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            let error = JobStoreError.sqlite(database, code)
            reset()
            throw error
        }
    }

    /// Steps to the end and makes the statement ready to be used again.
    func run() throws(JobStoreError) {
        while try step() {}
        reset()
    }

    /// Makes the statement ready to be used again; bound values stay until they are bound anew.
    func reset() { sqlite3_reset(handle) }

    /// Forgets all bound values.
    func clear() { sqlite3_clear_bindings(handle) }

    // MARK: Binding, by position from 1

    func bind(_ position: CInt, _ value: Int64) { sqlite3_bind_int64(handle, position, value) }
    func bind(_ position: CInt, _ value: Int) { sqlite3_bind_int64(handle, position, Int64(value)) }
    func bindNull(_ position: CInt) { sqlite3_bind_null(handle, position) }

    func bind(_ position: CInt, _ value: Int64?) {
        if let value { bind(position, value) } else { bindNull(position) }
    }

    func bind(_ position: CInt, _ value: String) {
        var value = value
        value.withUTF8 { text in
            let base = UnsafeRawPointer(text.baseAddress)?.assumingMemoryBound(to: CChar.self)
            // SQLITE_TRANSIENT: SQLite copies the bytes before this returns.
            if text.isEmpty {
                sqlite3_bind_text(handle, position, "", 0, SQLITE_TRANSIENT)
            } else {
                sqlite3_bind_text(handle, position, base, CInt(text.count), SQLITE_TRANSIENT)
            }
        }
    }

    func bind(_ position: CInt, _ value: String?) {
        if let value { bind(position, value) } else { bindNull(position) }
    }

    func bind(_ position: CInt, _ id: JobID) {
        withUnsafeBytes(of: (id.high.bigEndian, id.low.bigEndian)) { bytes in
            _ = sqlite3_bind_blob(handle, position, bytes.baseAddress, 16, SQLITE_TRANSIENT)
        }
    }

    func bindEmptyBlob(_ position: CInt) { sqlite3_bind_zeroblob(handle, position, 0) }

    // MARK: Reading, by column from 0

    func isNull(_ column: CInt) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
    func isBlob(_ column: CInt) -> Bool { sqlite3_column_type(handle, column) == SQLITE_BLOB }
    func int(_ column: CInt) -> Int64 { sqlite3_column_int64(handle, column) }
    func optionalInt(_ column: CInt) -> Int64? { isNull(column) ? nil : int(column) }

    func text(_ column: CInt) -> String {
        guard let bytes = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    func optionalText(_ column: CInt) -> String? { isNull(column) ? nil : text(column) }

    func id(_ column: CInt) -> JobID {
        guard let bytes = sqlite3_column_blob(handle, column), sqlite3_column_bytes(handle, column) == 16 else {
            return JobID(high: 0, low: 0)
        }
        let high = bytes.loadUnaligned(as: UInt64.self)
        let low = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        return JobID(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
    }
}

/// Tells SQLite to copy what is bound; the C macro does not import.
private let SQLITE_TRANSIENT = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

extension JobStoreError {
    /// The error that a SQLite result code stands for.
    static func sqlite(_ database: OpaquePointer?, _ code: CInt) -> JobStoreError {
        let text = database.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
        switch code & 0xFF {
        case SQLITE_FULL: return JobStoreError(.full, "The disk that holds the database is full: \(text).")
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            return JobStoreError(.corrupt, "The database file is damaged: \(text). Restore it from a backup.")
        case SQLITE_CONSTRAINT: return JobStoreError(.conflict, "The database refused a duplicate: \(text).")
        case SQLITE_BUSY, SQLITE_LOCKED:
            return JobStoreError(.unavailable, "The database is locked by another program: \(text).")
        default: return JobStoreError(.unavailable, "The database failed with code \(code): \(text).")
        }
    }
}

/// The statements of one connection, each prepared when first used.
final class SQLStatements {
    let database: OpaquePointer
    private var prepared: [StaticSQL: SQLStatement] = [:]

    init(_ database: OpaquePointer) { self.database = database }

    func callAsFunction(_ sql: StaticSQL) throws(JobStoreError) -> SQLStatement {
        if let statement = prepared[sql] { return statement }
        let statement = try SQLStatement(database, sql.text)
        prepared[sql] = statement
        return statement
    }

    /// Runs statements that take and give nothing, such as a pragma or a schema.
    func execute(_ sql: String) throws(JobStoreError) {
        let code = sqlite3_exec(database, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw .sqlite(database, code) }
    }

    /// Finalizes all of them; must be done before the connection is closed.
    func finalize() { prepared.removeAll() }
}

/// A statement's text, identified by where the literal stands in memory so that finding it costs no string hashing.
struct StaticSQL: Hashable, ExpressibleByStringLiteral {
    private let literal: StaticString

    init(stringLiteral value: StaticString) { literal = value }

    var text: String { literal.description }

    static func == (left: StaticSQL, right: StaticSQL) -> Bool {
        left.literal.utf8Start == right.literal.utf8Start
    }

    func hash(into hasher: inout Hasher) { hasher.combine(literal.utf8Start) }
}
