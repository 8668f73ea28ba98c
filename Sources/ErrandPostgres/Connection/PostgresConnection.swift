#if Postgres
import CPostgres
import Errand
// strdup, for the texts libpq is lent.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// One connection; blocks, and belongs to the one thread that made it.
final class PostgresConnection {
    let handle: OpaquePointer
    /// The schema's name, in quotation marks.
    let schema: String
    /// The names of what the server has parsed, by its text.
    var prepared: [String: String] = [:]
    private var preparedCount = 0
    /// Whether the server or the network ended it.
    var isLost = false

    /// Connects, with the schema's name in the place of `errand` in every statement.
    init(url: String, schema: String) throws(JobStoreError) {
        // What the URL says itself comes first; a server that does not answer is given up after ten seconds.
        let defaults = [
            ("fallback_application_name", "errand/\(schema)"), ("connect_timeout", "10"), ("client_encoding", "UTF8"),
        ]
        guard let handle = Self.connect(defaults, url) else {
            throw JobStoreError(PostgresError("libpq is out of memory"))
        }
        self.handle = handle
        self.schema = "\"" + schema.replacing("\"", with: "\"\"") + "\""
        guard PQstatus(handle) == CONNECTION_OK else {
            let error = PostgresError(PostgresError.connectionMessage(handle))
            throw JobStoreError(error)
        }
        // What the server remarks, such as that a schema exists already, is not for standard error.
        _ = PQsetNoticeProcessor(handle, { _, _ in }, nil)
    }

    /// `dbname` may be a whole URL, and what comes after it overrides what stands before.
    private static func connect(_ defaults: [(name: String, value: String)], _ url: String) -> OpaquePointer? {
        let words = defaults + [("dbname", url)]
        let names = words.map { strdup($0.name) }
        let values = words.map { strdup($0.value) }
        defer { for text in names + values { free(text) } }
        let terminated = (names.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil])
        return PQconnectdbParams(terminated.0, terminated.1, 1)
    }

    /// What libpq has against a URL, in its own words; nil when it understands it.
    static func fault(of url: String) -> String? {
        var message: UnsafeMutablePointer<CChar>?
        if let options = PQconninfoParse(url, &message) {
            PQconninfoFree(options)
            return nil
        }
        defer { PQfreemem(message) }
        var text = message.map { String(cString: $0) } ?? "libpq is out of memory"
        while text.last?.isWhitespace == true { text.removeLast() }
        return "libpq says: \(text)."
    }

    deinit { PQfinish(handle) }

    /// Runs one statement, prepared at its first use.
    @discardableResult
    func run(_ sql: String, _ values: [PostgresValue] = []) throws(JobStoreError) -> PostgresRows {
        let name = try prepare(sql)
        let parameters = try PostgresParameters(values)
        let count = Int32(values.count)
        return try check(parameters.withPointers { PQexecPrepared(handle, name, count, $0, nil, nil, 0) })
    }

    /// Runs statements that take no parameters in one round trip; answers with the last one's rows.
    @discardableResult
    func runAll(_ sql: String) throws(JobStoreError) -> PostgresRows {
        try check(PQexec(handle, qualified(sql)))
    }

    /// Turns readable when the server has something to say.
    var socket: Int32 { PQsocket(handle) }

    /// What other sessions have notified this one of, and the server has sent by now.
    func notifications() throws(JobStoreError) -> [String] {
        guard PQconsumeInput(handle) == 1, PQstatus(handle) == CONNECTION_OK else {
            isLost = true
            throw JobStoreError(PostgresError(PostgresError.connectionMessage(handle)))
        }
        var messages: [String] = []
        while let notification = PQnotifies(handle) {
            messages.append(String(cString: notification.pointee.extra))
            PQfreemem(notification)
        }
        return messages
    }

    private func prepare(_ sql: String) throws(JobStoreError) -> String {
        if let name = prepared[sql] { return name }
        let name = name(of: sql)
        do throws(JobStoreError) {
            try check(PQprepare(handle, name, qualified(sql), 0, nil))
        } catch {
            prepared[sql] = nil
            throw error
        }
        return name
    }

    /// What the server knows a statement by, or will once it is prepared.
    func name(of sql: String) -> String {
        if let name = prepared[sql] { return name }
        preparedCount += 1
        let name = "errand_\(preparedCount)"
        prepared[sql] = name
        return name
    }

    /// Statements say `errand.jobs`, as a person would in psql, whatever the schema is called.
    func qualified(_ sql: String) -> String { sql.replacing("errand.", with: schema + ".") }

    @discardableResult
    func check(_ result: OpaquePointer?) throws(JobStoreError) -> PostgresRows {
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            if let result { return PostgresRows(result) }
        default: break
        }
        let error = PostgresError(result: result, connection: handle)
        PQclear(result)
        isLost = isLost || error.isConnectionLost
        throw JobStoreError(error)
    }
}
#endif
