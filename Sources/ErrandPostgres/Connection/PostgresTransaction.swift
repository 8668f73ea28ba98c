#if Postgres
import Errand

/// How a session's work becomes durable, or is undone.
enum PostgresTransaction {
    /// How often a transaction is begun that others keep getting in the way of.
    private static let attempts = 8

    static func write<Value>(
        on link: PostgresLink,
        _ context: PostgresContext,
        _ body: (PostgresSession) throws(JobStoreError) -> Value
    ) throws(JobStoreError) -> Value {
        try run(on: link, context) { session throws(JobStoreError) in
            session.begin()
            let value = try body(session)
            try session.commit()
            return value
        }
    }

    /// Runs what is a transaction by itself, or several that may each be done without the others.
    ///
    /// Each call of `PostgresSession.run(_:)` is one; the counts are the body's own affair.
    static func writeAtOnce<Value>(
        on link: PostgresLink,
        _ context: PostgresContext,
        _ body: (PostgresSession) throws(JobStoreError) -> Value
    ) throws(JobStoreError) -> Value {
        try run(on: link, context) { session throws(JobStoreError) in
            let value = try body(session)
            session.finish()
            return value
        }
    }

    private static func run<Value>(
        on link: PostgresLink,
        _ context: PostgresContext,
        _ body: (PostgresSession) throws(JobStoreError) -> Value
    ) throws(JobStoreError) -> Value {
        var attempt = 1
        while true {
            let session = try PostgresSession(try link.connection(), context)
            do throws(JobStoreError) {
                return try body(session)
            } catch {
                undo(session, link)
                guard error.postgres?.isRetryable == true, attempt < attempts else { throw error }
                attempt += 1
            }
        }
    }

    static func read<Value>(
        on link: PostgresLink,
        _ context: PostgresContext,
        _ body: (PostgresSession) throws(JobStoreError) -> Value
    ) throws(JobStoreError) -> Value {
        do throws(JobStoreError) {
            return try readOnce(on: link, context, body)
        } catch {
            // A question can be asked again; the connection may have been lost long ago, and this be the first notice.
            guard error.postgres?.isConnectionLost == true else { throw error }
            return try readOnce(on: link, context, body)
        }
    }

    private static func readOnce<Value>(
        on link: PostgresLink,
        _ context: PostgresContext,
        _ body: (PostgresSession) throws(JobStoreError) -> Value
    ) throws(JobStoreError) -> Value {
        // Each question sees the database as it is then; none of them needs two that agree to the last commit.
        try body(PostgresSession(try link.connection(), context))
    }

    private static func undo(_ session: PostgresSession, _ link: PostgresLink) {
        do throws(JobStoreError) {
            try session.connection.runAll("ROLLBACK")
        } catch {
            link.drop()
        }
    }
}
#endif
