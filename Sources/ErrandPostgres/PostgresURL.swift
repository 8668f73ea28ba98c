#if Postgres
public import Errand

/// Where a PostgreSQL store is, in one text: `postgres://user@host/database?schema=errand`.
///
/// Errand's own settings are items of the query: `schema`, `connections`, `pooler` and `listenURL`. They are taken out;
/// whatever else stands there is libpq's, and reaches it as it was written. What this prints as holds no password.
public struct PostgresURL: Sendable, CustomStringConvertible {
    /// The text as libpq takes it, passwords included: nothing for a log.
    public let connection: String
    /// What the query said about the store itself.
    public var options: PostgresJobStore.Options
    /// The text with no more than who, where and Errand's own settings.
    public let description: String

    /// Whether a text names a PostgreSQL: whether it starts with `postgres:` or `postgresql:`.
    public static func isOne(_ text: String) -> Bool {
        text.hasPrefix("postgres:") || text.hasPrefix("postgresql:")
    }

    /// Whether the text holds a password, which who lists processes sees when it was typed as a flag.
    public let hasPassword: Bool

    /// Reads a URL, and asks libpq whether it would understand it.
    ///
    /// - Parameter text: `postgres://` or `postgresql://`, and all that libpq allows after it.
    /// - Throws: `invalid`, with what is wrong and never with what may be a password.
    public init(_ text: String) throws(JobStoreError) {
        let parts = try Parts(text)
        var own: [Own: String] = [:]
        var others: [Substring] = []
        for item in parts.items {
            let (name, value) = try Self.split(item)
            guard let setting = Own(rawValue: name) else {
                others.append(item)
                continue
            }
            guard own.updateValue(try parts.decoded(value), forKey: setting) == nil else {
                throw .wrongURL("\(name) is given twice.")
            }
        }
        connection = parts.base + (others.isEmpty ? "" : "?" + others.joined(separator: "&"))
        options = try Self.options(own)
        description = parts.shown
        hasPassword = parts.hasPassword
        if let message = PostgresConnection.fault(of: connection) { throw .wrongURL(message) }
    }

    /// Errand's own items of the query.
    private enum Own: String, CaseIterable {
        case schema, connections, pooler, listenURL
    }

    private static func split(_ item: Substring) throws(JobStoreError) -> (name: String, value: Substring) {
        guard let sign = item.firstIndex(of: "=") else {
            throw .wrongURL("An item of its query has no value; expected NAME=VALUE, with & between the items.")
        }
        return (String(item[..<sign]), item[item.index(after: sign)...])
    }

    private static func options(_ own: [Own: String]) throws(JobStoreError) -> PostgresJobStore.Options {
        var options = PostgresJobStore.Options()
        options.schema = own[.schema] ?? options.schema
        try options.checkSchema()
        if let text = own[.connections] {
            guard let count = Int(text), (1...1000).contains(count) else {
                throw .wrongURL("connections is \"\(text)\"; expected a number from 1 to 1000.")
            }
            options.connections = count
        }
        if let text = own[.pooler] {
            guard let pooler = PostgresJobStore.Pooler(rawValue: text) else {
                throw .wrongURL("pooler is \"\(text)\"; expected none or transaction.")
            }
            options.pooler = pooler
        }
        if let text = own[.listenURL] {
            let listen = try PostgresURL(listening: text)
            options.listenURL = listen.connection
        }
        return options
    }

    /// The URL of the connection that listens; only libpq's items make sense there.
    private init(listening text: String) throws(JobStoreError) {
        do throws(JobStoreError) { try self.init(text) } catch {
            throw .wrongURL("listenURL, which must be percent-encoded, cannot be used: \(error.message)")
        }
        guard connection == text else {
            let names = Own.allCases.map(\.rawValue).joined(separator: ", ")
            throw .wrongURL("listenURL may not hold \(names): the store's own URL says them.")
        }
    }
}

extension JobStoreError {
    static func wrongURL(_ problem: String) -> JobStoreError {
        JobStoreError(.invalid, "The PostgreSQL URL is wrong. \(problem)")
    }
}
#endif
