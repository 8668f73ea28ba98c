#if Postgres
import Errand
import FoundationEssentials

extension PostgresCheck {
    static let version = PostgresCheck("version") { (connection, _) throws(JobStoreError) in
        let number = try connection.number("SHOW server_version_num")
        let version = "PostgreSQL \(number / 10_000).\(number % 10_000)"
        guard number < 130_000 else { return [.ok("\(version).")] }
        return [.problem("It is \(version).", advice: "Errand needs PostgreSQL 13 or newer.")]
    }

    static let role = PostgresCheck("writable") { (connection, _) throws(JobStoreError) in
        let state = try connection.texts(
            "SELECT pg_is_in_recovery(), current_setting('transaction_read_only')",
            columns: 2
        )
        if state.first == "t" {
            return [
                .problem(
                    "The server is a replica, which takes no writes.",
                    advice: "Have the URL lead to the primary, or name all with target_session_attrs=read-write."
                )
            ]
        }
        guard state.last == "off" else {
            return [
                .problem(
                    "Transactions are read-only here.",
                    advice: "Look for default_transaction_read_only in the settings of server, database and role."
                )
            ]
        }
        return [.ok("The server takes writes.")]
    }

    static let pooler = PostgresCheck("pooler") { (connection, url) throws(JobStoreError) in
        let keepsState = try keepsState(connection)
        switch (url.options.pooler, keepsState) {
        case (.none, true): return [.ok("A connection keeps its session: nothing pools transactions.")]
        case (.transaction, false): return [.ok("A pooler shares connections by transaction, as the URL says.")]
        case (.none, false):
            return [
                .problem(
                    "A connection does not keep its session: a pooler shares it, and the URL does not say so.",
                    advice: "Add pooler=transaction to the URL, and listenURL with one that leads to the server itself."
                )
            ]
        case (.transaction, true):
            return [
                .ok("A connection kept its session in this test, though the URL says pooler=transaction: that is safe.")
            ]
        }
    }

    /// Whether what one transaction sets, the next ones find; a pooler gives them other server connections, or resets.
    private static func keepsState(_ connection: PostgresConnection) throws(JobStoreError) -> Bool {
        try connection.runAll("SET errand_doctor.mark = 'kept'")
        let process = try connection.texts("SELECT pg_backend_pid()")
        var isKept = true
        for _ in 0..<5 {
            let now = try connection.texts(
                "SELECT pg_backend_pid(), current_setting('errand_doctor.mark', true)",
                columns: 2
            )
            isKept = isKept && now.first == process.first && now.last == "kept"
        }
        return isKept
    }

    static let clock = PostgresCheck("clock") { (connection, _) throws(JobStoreError) in
        let before = Date().milliseconds
        let server = try connection.number("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
        let after = Date().milliseconds
        let difference = server < before ? server - before : max(0, server - after)
        guard abs(difference) > 2000 else {
            return [.ok("The server's clock is this machine's, to \(abs(difference)) ms.")]
        }
        return [
            .warning(
                "The server's clock is \(abs(difference)) ms \(difference > 0 ? "ahead of" : "behind") this machine's.",
                advice: "Errand goes by the server's, so that jobs run at its time. Synchronize both (NTP)."
            )
        ]
    }

    static let connections = PostgresCheck("connections") { (connection, url) throws(JobStoreError) in
        let most = try connection.number("SHOW max_connections")
        let used = try connection.number("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
        let needed = Int64(url.options.connections + 1)
        let said = "\(used) of \(most) connections are used; a process of Errand takes up to \(needed)."
        guard used + needed > most * 9 / 10 else { return [.ok(said)] }
        return [
            .warning(
                said,
                advice: "Lower connections in the URL, raise max_connections, or put a pooler in front."
            )
        ]
    }
}
#endif
