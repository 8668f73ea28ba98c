#if Postgres
import CPostgres
import Errand

/// What the server or libpq said, before it is put into the words of the core.
struct PostgresError: Error, CustomStringConvertible {
    /// Five characters, such as `40001`; empty where the connection itself is the trouble.
    let sqlState: String
    let message: String
    /// Whether nothing more can be asked on this connection.
    let isConnectionLost: Bool

    var description: String { sqlState.isEmpty ? message : "\(sqlState): \(message)" }

    init(_ message: String) {
        (sqlState, isConnectionLost) = ("", true)
        self.message = message
    }

    /// Reads a failed answer, and whether the connection survived it.
    init(result: OpaquePointer?, connection: OpaquePointer) {
        let state = PQresultErrorField(result, Int32(Self.sqlStateField)).map { String(cString: $0) } ?? ""
        let primary = PQresultErrorField(result, Int32(Self.messageField)).map { String(cString: $0) }
        sqlState = state
        message = primary ?? Self.connectionMessage(connection)
        // A server that became a replica answers, and refuses every write: another one may be found under the address.
        // So is one that goes down, and a connection that a pooler lost behind its back.
        let isEnd = state == "25006" || state.hasPrefix("57P0") || state.hasPrefix("08")
        isConnectionLost = PQstatus(connection) != CONNECTION_OK || isEnd
    }

    /// Whether there is no connection to be had at present, as the server or a pooler has as many as it takes or is
    /// only starting.
    ///
    /// Of a connection that was refused libpq keeps the words and not the code. A server that speaks another language
    /// is not understood; that matters only until the first connection, as then whatever refuses another is waited out.
    var isRefusal: Bool {
        if ["53300", "53400"].contains(sqlState) { return true }
        let words = message.lowercased()
        return Self.refusals.contains { words.contains($0) }
    }

    private static let refusals = [
        // PostgreSQL: max_connections, reserved ones, the limits of a role and a database; starting, or recovering.
        "too many clients", "connection slots are reserved", "too many connections",
        "system is starting up", "in recovery mode", "not yet accepting connections", "not accepting connections",
        // PgBouncer and others like it: max_client_conn, query_wait_timeout, a server that refused the pooler.
        "no more connections allowed", "max client", "query_wait_timeout", "server login has been failing",
    ]

    static func connectionMessage(_ connection: OpaquePointer?) -> String {
        var text = PQerrorMessage(connection).map { String(cString: $0) } ?? "libpq is out of memory"
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }

    /// `PG_DIAG_SQLSTATE` and `PG_DIAG_MESSAGE_PRIMARY`, which are character macros that Swift does not import.
    private static let sqlStateField = UInt8(ascii: "C")
    private static let messageField = UInt8(ascii: "M")
}

extension PostgresError: RequestFault {
    /// Whether the server is there, takes writes and has the schema, so that another statement may succeed.
    ///
    /// Not so where it lacks resources, has no such table, is being shut down or takes no writes.
    var isOfRequest: Bool {
        let ofServer = ["08", "53", "58", "57P", "25006", "3F000", "42P01", "42703", "26000", "42P05"]
        return !isConnectionLost && !sqlState.isEmpty && !ofServer.contains { sqlState.hasPrefix($0) }
    }
}

extension JobStoreError {
    init(_ error: PostgresError) {
        switch error.sqlState {
        case "53100": self.init(.full, "The database server's disk is full.", underlying: error)
        case "XX001", "XX002":
            self.init(.corrupt, "The database is damaged; restore it from a backup.", underlying: error)
        case "3F000", "42P01", "42703":
            self.init(.unavailable, "The database lacks Errand's schema; migrate it first.", underlying: error)
        case "26000", "42P05":
            self.init(
                .unavailable,
                "Prepared statements get lost: a pooler in transaction mode seems to stand before the server. Say "
                    + "so to the store: pooler=transaction.",
                underlying: error
            )
        case "57014":
            self.init(.unavailable, "PostgreSQL took longer than statement_timeout allows.", underlying: error)
        case "25006":
            self.init(.unavailable, "The PostgreSQL server takes no writes at present.", underlying: error)
        case "": self.init(.unavailable, "PostgreSQL cannot be reached.", underlying: error)
        default: self.init(.unavailable, "PostgreSQL did not do what it was asked.", underlying: error)
        }
    }

    static let closed = JobStoreError(.unavailable, "The store is closed.")

    /// Whether there was no connection to be had, for reasons that pass.
    var isRefusal: Bool { postgres?.isRefusal == true }

    /// What the server said, where that is what lay underneath.
    var postgres: PostgresError? { underlying as? PostgresError }
}
#endif
