#if Postgres
import CPostgres
import Errand

/// One connection; blocks, and belongs to the one thread that made it.
///
/// Nothing waits for ever: a server or network that falls silent is given up as lost after ``answerLimit``.
final class PostgresConnection {
    let handle: OpaquePointer
    let address: PostgresAddress
    /// The schema's name, in quotation marks.
    let schema: String
    /// The names of what the server has parsed, by its text.
    var prepared: [String: String] = [:]
    private var preparedCount = 0
    /// Whether the server or the network ended it.
    var isLost = false
    /// How many statements the server has answered.
    var answers = 0
    /// How long an answer may take; nil where it may take as long as it likes.
    var answerLimit: Duration?

    convenience init(url: String, schema: String) throws(JobStoreError) {
        try self.init(PostgresAddress(url: url, schema: schema))
    }

    /// Connects, with the schema's name in the place of `errand` in every statement.
    ///
    /// - Parameters:
    ///   - address: Where to.
    ///   - role: Stands after the name under which the server lists the connection.
    /// - Throws: `unavailable` when there is no connection to be had.
    init(_ address: PostgresAddress, role: String = "") throws(JobStoreError) {
        guard let handle = address.connect(role: role) else {
            throw JobStoreError(PostgresError("libpq is out of memory"))
        }
        self.handle = handle
        self.address = address
        schema = "\"" + address.schema.doubling("\"") + "\""
        answerLimit = PostgresAddress.answerLimit(address.statementTimeout)
        guard PQstatus(handle) == CONNECTION_OK, PQsetnonblocking(handle, 1) == 0 else {
            let error = PostgresError(PostgresError.connectionMessage(handle))
            throw JobStoreError(error)
        }
        // What the server remarks, such as that a schema exists already, is not for standard error.
        _ = PQsetNoticeProcessor(handle, { _, _ in }, nil)
        if address.pooler == .none { try limitStatements() }
        answers = 0
    }

    /// Puts limits where the URL, the role and the database set none, and goes by those that they set.
    private func limitStatements() throws(JobStoreError) {
        let limit = try runAll(address.sessionLimits).first { (row) throws(JobStoreError) in row.int() } ?? 0
        answerLimit = limit == 0 ? nil : PostgresAddress.answerLimit(.milliseconds(limit))
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

    /// Runs one statement, prepared at its first use unless a pooler would give the next use another connection.
    @discardableResult
    func run(_ sql: String, _ values: [PostgresValue] = []) throws(JobStoreError) -> PostgresRows {
        let statement = PostgresStatement(sql, values)
        let parameters = try PostgresParameters(values)
        if address.pooler == .none { try prepare(sql) }
        return try exchange { send(statement, parameters) }
    }

    /// Sends a statement: one that is prepared by its name, or its text behind a pooler.
    func send(_ statement: PostgresStatement, _ parameters: PostgresParameters) -> Int32 {
        let count = Int32(statement.values.count)
        guard address.pooler == .none else {
            let text = qualified(statement.text)
            return parameters.withPointers { PQsendQueryParams(handle, text, count, nil, $0, nil, nil, 0) }
        }
        let name = name(of: statement.text)
        return parameters.withPointers { PQsendQueryPrepared(handle, name, count, $0, nil, nil, 0) }
    }

    /// Runs statements that take no parameters in one round trip; answers with the last one's rows.
    @discardableResult
    func runAll(_ sql: String) throws(JobStoreError) -> PostgresRows {
        let text = qualified(sql)
        return try exchange { PQsendQuery(handle, text) }
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

    private func prepare(_ sql: String) throws(JobStoreError) {
        guard prepared[sql] == nil else { return }
        let name = name(of: sql)
        let text = qualified(sql)
        do throws(JobStoreError) {
            try exchange { PQsendPrepare(handle, name, text, 0, nil) }
        } catch {
            prepared[sql] = nil
            throw error
        }
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

    /// Sends something and waits for its answer; on a connection that is lost already neither is tried.
    @discardableResult
    private func exchange(_ send: () -> Int32) throws(JobStoreError) -> PostgresRows {
        try requireUsable()
        guard send() == 1 else { return try check(nil) }
        return try check(answer())
    }

    /// Fails at once where waiting for an answer would be in vain.
    func requireUsable() throws(JobStoreError) {
        if isLost { throw JobStoreError(PostgresError("the connection was lost before")) }
    }

    @discardableResult
    func check(_ result: OpaquePointer?) throws(JobStoreError) -> PostgresRows {
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            answers += 1
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
