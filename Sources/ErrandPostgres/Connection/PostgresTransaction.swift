#if Postgres
import Errand

/// How a session's work becomes durable, or is undone.
enum PostgresTransaction {
    /// How often a transaction is begun that others keep getting in the way of.
    private static let attempts = 8

    static func write<Value>(
        on link: PostgresLink,
        _ context: PostgresContext,
        followsEnds: Bool = true,
        _ body: (PostgresSession) throws(JobStoreError) -> Value
    ) throws(JobStoreError) -> Value {
        let (value, begun) = try run(on: link, context) { session throws(JobStoreError) in
            let value = try perform(body, in: session)
            return (value, session.begun)
        }
        if followsEnds, !begun.isEmpty { CascadeFollower(link, context).follow(begun) }
        return value
    }

    private static func perform<Value>(
        _ body: (PostgresSession) throws(JobStoreError) -> Value,
        in session: PostgresSession
    ) throws(JobStoreError) -> Value {
        session.begin()
        try session.lockFirst(session.lateLocks)
        let value = try body(session)
        try session.commit()
        return value
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
        mends: Bool = true,
        _ body: (PostgresSession) throws(JobStoreError) -> Value
    ) throws(JobStoreError) -> Value {
        var attempt = 1
        var late = LateLocks()
        while true {
            let session = try PostgresSession(try link.connection(), context)
            session.lateLocks = late
            do throws(JobStoreError) {
                return try body(session)
            } catch {
                undo(session, link)
                context.disk.note(error)
                if mends, try quarantine(error.corruptRow, on: link, context) { continue }
                // The server has undone all of it, and nobody was told anything of it.
                guard let conflict = TransactionConflict(error) else { throw error }
                context.conflicts.note(conflict, error, attempts: attempt)
                guard attempt < attempts else { throw error }
                if let locks = error.lateLocks { late.merge(locks) }
                link.pause(conflict.pause(after: attempt))
                attempt += 1
            }
        }
    }

    static func read<Value>(
        on link: PostgresLink,
        _ context: PostgresContext,
        _ body: (PostgresSession) throws(JobStoreError) -> Value
    ) throws(JobStoreError) -> Value {
        var wasLost = false
        while true {
            do throws(JobStoreError) {
                return try readOnce(on: link, context, body)
            } catch {
                if try quarantine(error.corruptRow, on: link, context) { continue }
                // A question can be asked again; the connection may have been lost long ago, and this be the first
                // notice.
                guard error.postgres?.isConnectionLost == true, !wasLost else { throw error }
                wasLost = true
            }
        }
    }

    /// Puts a row out of the way that cannot be read, so that what met it can be done again; false when there is none.
    ///
    /// A row that still cannot be read after that throws, so that nothing goes round for ever.
    @discardableResult
    static func quarantine(
        _ row: CorruptRow?,
        on link: PostgresLink,
        _ context: PostgresContext
    ) throws(JobStoreError) -> Bool {
        guard let row else { return false }
        let begun = try run(on: link, context, mends: false) { session throws(JobStoreError) in
            try perform({ (session) throws(JobStoreError) in try session.quarantine(row) }, in: session)
            return session.begun
        }
        if !begun.isEmpty { CascadeFollower(link, context).follow(begun) }
        return true
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
