import Errand
import GRDBSQLite

/// A prepared statement, kept for as long as its connection; used by one thread.
///
/// The claim and settle paths run a few hundred thousand of these a second, which is why they bind and read through
/// SQLite's own functions. GRDB opens, pools and migrates.
final class SQLStatement {
    let handle: OpaquePointer
    private let database: OpaquePointer
    private let isOwned: Bool

    /// Prepares a statement and owns it.
    init(_ database: OpaquePointer, _ sql: String) throws(JobStoreError) {
        var handle: OpaquePointer?
        let code = sqlite3_prepare_v3(database, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
        guard code == SQLITE_OK, let handle else { throw .sqlite(database, code) }
        self.handle = handle
        self.database = database
        isOwned = true
    }

    /// Uses a statement that GRDB prepared, caches and finalizes.
    init(borrowing handle: OpaquePointer, of database: OpaquePointer) {
        self.handle = handle
        self.database = database
        isOwned = false
    }

    deinit { if isOwned { sqlite3_finalize(handle) } }

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
            text.withMemoryRebound(to: CChar.self) { text in
                // A null pointer would bind NULL; an empty text has to point somewhere.
                _ = sqlite3_bind_text(handle, position, text.baseAddress ?? emptyText, CInt(text.count), copied)
            }
        }
    }

    func bind(_ position: CInt, _ value: String?) {
        if let value { bind(position, value) } else { bindNull(position) }
    }

    func bind(_ position: CInt, _ value: Name) { bind(position, value.text) }
    func bind(_ position: CInt, _ value: Name?) { bind(position, value?.text) }

    func bind(_ position: CInt, _ id: JobID) {
        withUnsafeBytes(of: (id.high.bigEndian, id.low.bigEndian)) { bytes in
            _ = sqlite3_bind_blob(handle, position, bytes.baseAddress, 16, copied)
        }
    }

    /// Binds whole numbers as a JSON array, for `json_each`.
    func bind(_ position: CInt, _ numbers: [Int64]) {
        var text = "["
        text.reserveCapacity(numbers.count * 8 + 2)
        for number in numbers {
            if text.utf8.count > 1 { text += "," }
            text += String(number)
        }
        text += "]"
        bind(position, text)
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

    func name(_ column: CInt) -> Name { Name(text(column)) }

    func optionalName(_ column: CInt) -> Name? { isNull(column) ? nil : name(column) }

    func id(_ column: CInt) -> JobID {
        guard let bytes = sqlite3_column_blob(handle, column), sqlite3_column_bytes(handle, column) == 16 else {
            return JobID(high: 0, low: 0)
        }
        let high = bytes.loadUnaligned(as: UInt64.self)
        let low = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        return JobID(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
    }
}

/// `SQLITE_TRANSIENT`, a C macro that does not import: tells SQLite to copy what is bound before the call returns.
private let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

/// Never freed and never written; see its use.
private nonisolated(unsafe) let emptyText = UnsafePointer(UnsafeMutablePointer<CChar>.allocate(capacity: 1))

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

    func callAsFunction(_ text: SQLText) throws(JobStoreError) -> SQLStatement { try self(StaticSQL(text)) }

    /// Runs statements that take and give nothing, such as a pragma or a schema.
    func execute(_ sql: String) throws(JobStoreError) {
        let code = sqlite3_exec(database, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw .sqlite(database, code) }
    }

    /// How many rows the last statement changed.
    var changedRows: Int { Int(sqlite3_changes(database)) }

    /// Finalizes all of them; must be done before the connection is closed.
    func finalize() { prepared.removeAll() }
}

/// A statement's text, which connections find their prepared statement by: as quick as an integer, as the text is never
/// looked at again.
struct StaticSQL: Hashable, ExpressibleByStringLiteral, Sendable {
    private let place: UInt
    private let literal: StaticString?
    private let composed: SQLText?

    init(stringLiteral value: StaticString) {
        literal = value
        composed = nil
        place = UInt(bitPattern: value.utf8Start)
    }

    /// A text that was put together once; the constant that holds it identifies it.
    init(_ text: SQLText) {
        literal = nil
        composed = text
        place = UInt(bitPattern: Unmanaged.passUnretained(text).toOpaque())
    }

    var text: String { literal?.description ?? composed?.text ?? "" }

    static func == (left: StaticSQL, right: StaticSQL) -> Bool { left.place == right.place }

    func hash(into hasher: inout Hasher) { hasher.combine(place) }
}

/// A statement's text that is put together from parts, kept in a constant.
final class SQLText: Sendable {
    let text: String

    init(_ text: String) { self.text = text }
}
