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

/// Where a store's server is, and how its connections behave.
struct PostgresAddress: Sendable {
    let url: String
    let schema: String
    var pooler = PostgresJobStore.Pooler.none
    /// For how long the server may work on one statement, unless the URL, the role or the database say otherwise.
    var statementTimeout = Duration.seconds(30)

    /// For how long the server lets a transaction lie about that a client has forgotten, with all its locks.
    static let idleTransactionTimeout = Duration.seconds(60)

    /// How long a statement's answer is waited for: half as long again as the server may take, as the way is long.
    static func answerLimit(_ statementTimeout: Duration) -> Duration { statementTimeout + statementTimeout / 2 }

    /// What libpq is told; what the URL says itself comes later and so counts, as `dbname` may be a whole URL.
    private func words(_ role: String) -> [(name: String, value: String)] {
        var words = [
            ("fallback_application_name", "errand/\(schema)\(role)"), ("client_encoding", "UTF8"),
            // A server that does not answer is given up after ten seconds, one that falls silent within a minute.
            ("connect_timeout", "10"), ("keepalives_idle", "30"), ("keepalives_interval", "10"),
            ("keepalives_count", "3"), ("tcp_user_timeout", "60000"),
        ]
        // Of several servers the one is meant that takes writes; a single one is asked for reads whatever it is.
        if namesSeveralHosts { words.append(("target_session_attrs", "read-write")) }
        return words + [("dbname", url)]
    }

    /// Connects and waits for it.
    ///
    /// - Parameter role: Stands after the name under which the server lists the connection.
    /// - Returns: libpq's connection, whatever became of it; nil when there is no memory for one.
    func connect(role: String) -> OpaquePointer? {
        let words = words(role)
        let names = words.map { strdup($0.name) }
        let values = words.map { strdup($0.value) }
        defer { for text in names + values { free(text) } }
        let terminated = (names.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil])
        return PQconnectdbParams(terminated.0, terminated.1, 1)
    }

    /// Whether there is a choice of servers.
    var namesSeveralHosts: Bool {
        // What cannot be read is for libpq to complain about when it connects.
        guard let options = PQconninfoParse(url, nil) else { return false }
        defer { PQconninfoFree(options) }
        var option = options
        while let keyword = option.pointee.keyword {
            let isHost = ["host", "hostaddr"].contains(String(cString: keyword))
            if isHost, let value = option.pointee.val, String(cString: value).contains(",") { return true }
            option += 1
        }
        return false
    }

    /// Settings for as long as the connection lives, with limits where nobody has set any; then how long a statement
    /// may take.
    var sessionLimits: String {
        """
        SELECT set_config(name, value, false) FROM (VALUES \(Self.planning)) AS d(name, value);
        SELECT set_config(name, value, false) FROM (VALUES \(limits)) AS d(name, value)
        WHERE current_setting(name) = '0';
        SELECT setting::bigint FROM pg_settings WHERE name = 'statement_timeout'
        """
    }

    /// The same behind a pooler, where only the transaction is one's own: the first statement of each.
    var transactionLimits: [PostgresStatement] {
        guard pooler == .transaction else { return [] }
        let settings = "\(Self.planning), \(limits)"
        return [PostgresStatement("SELECT set_config(name, value, true) FROM (VALUES \(settings)) AS d(name, value)")]
    }

    /// Every statement goes by indexes that are made for it, from a few rows to the next few.
    ///
    /// The planner would rather read whole tables while they are small, or thought to be, and goes on to do so in plans
    /// it has kept when they have grown. Planning a claim anew each time takes longer than the claim. Where there is no
    /// index, as of a table of a few rows, it reads the whole all the same, and is not to start helpers for that.
    private static let planning = """
        ('plan_cache_mode', 'force_generic_plan'), ('enable_seqscan', 'off'), ('enable_hashjoin', 'off'), \
        ('enable_mergejoin', 'off'), ('jit', 'off'), ('max_parallel_workers_per_gather', '0')
        """

    private var limits: String {
        """
        ('statement_timeout', '\(statementTimeout.wholeMilliseconds)'), \
        ('idle_in_transaction_session_timeout', '\(Self.idleTransactionTimeout.wholeMilliseconds)')
        """
    }
}
#endif
