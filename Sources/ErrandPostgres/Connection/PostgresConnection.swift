#if Postgres
import CPostgres
import Errand

/// One connection; blocks, and belongs to the one thread that made it.
final class PostgresConnection {
    private let handle: OpaquePointer
    /// The schema's name, in quotation marks.
    let schema: String
    private var prepared: [String: String] = [:]
    /// Whether the server or the network ended it.
    private(set) var isLost = false

    /// Connects, and makes the server write UTF-8.
    ///
    /// - Parameters:
    ///   - url: What libpq understands.
    ///   - schema: Stands in the place of `errand` in every statement.
    init(url: String, schema: String) throws(JobStoreError) {
        guard let handle = PQconnectdb(url) else { throw JobStoreError(PostgresError("libpq is out of memory")) }
        self.handle = handle
        self.schema = "\"" + schema.replacing("\"", with: "\"\"") + "\""
        guard PQstatus(handle) == CONNECTION_OK else {
            let error = PostgresError(PostgresError.connectionMessage(handle))
            throw JobStoreError(error)
        }
        // What the server remarks, such as that a schema exists already, is not for standard error.
        _ = PQsetNoticeProcessor(handle, { _, _ in }, nil)
        PQsetClientEncoding(handle, "UTF8")
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

    private func prepare(_ sql: String) throws(JobStoreError) -> String {
        if let name = prepared[sql] { return name }
        let name = "errand_\(prepared.count)"
        try check(PQprepare(handle, name, qualified(sql), 0, nil))
        prepared[sql] = name
        return name
    }

    /// Statements say `errand.jobs`, as a person would in psql, whatever the schema is called.
    private func qualified(_ sql: String) -> String { sql.replacing("errand.", with: schema + ".") }

    @discardableResult
    private func check(_ result: OpaquePointer?) throws(JobStoreError) -> PostgresRows {
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
