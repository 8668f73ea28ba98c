#if Postgres
import Errand

// What keeps dead rows from being cleared away: claims pass them all.
extension PostgresCheck {
    static let transactions = PostgresCheck("transactions") { (connection, _) throws(JobStoreError) in
        var findings: [Finding] = []
        let open = try connection.texts(
            """
            SELECT pid, coalesce(usename, ''), extract(epoch FROM now() - xact_start)::bigint FROM pg_stat_activity
            WHERE (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL) AND pid <> pg_backend_pid()
                AND xact_start < now() - interval '5 minutes'
            ORDER BY xact_start LIMIT 1
            """,
            columns: 3
        )
        if open.count == 3 {
            findings.append(
                .warning(
                    "Process \(open[0]) of \(open[1]) has had a transaction open for \(open[2]) s: no dead row is "
                        + "cleared away.",
                    advice: "End it with SELECT pg_terminate_backend(\(open[0])); idle_in_transaction_session_timeout "
                        + "would."
                )
            )
        }
        let left = try connection.rows(
            "SELECT gid, extract(epoch FROM now() - prepared)::bigint FROM pg_prepared_xacts",
            columns: 2
        )
        for prepared in left {
            findings.append(
                .warning(
                    "The transaction '\(prepared[0])' was prepared \(prepared[1]) s ago and not ended: no dead row is "
                        + "cleared away.",
                    advice: "COMMIT PREPARED or ROLLBACK PREPARED '\(prepared[0])' in its database."
                )
            )
        }
        return findings.isEmpty ? [.ok("No transaction is open for long, and none is left prepared.")] : findings
    }

    static let vacuum = PostgresCheck("autovacuum") { (connection, url) throws(JobStoreError) in
        guard try connection.texts("SHOW autovacuum").first == "on" else {
            return [.problem("autovacuum is off.", advice: "Set autovacuum = on: claims become slower with every job.")]
        }
        let live = try connection.texts(
            """
            SELECT n_live_tup, n_dead_tup, coalesce(last_autovacuum::text, 'never') FROM pg_stat_all_tables
            WHERE schemaname = '\(url.options.schema)' AND relname = 'live'
            """,
            columns: 3
        )
        guard live.count == 3, let rows = Int64(live[0]), let dead = Int64(live[1]) else {
            return [.ok("autovacuum is on.")]
        }
        let said = "live has \(dead) dead rows beside \(rows); last vacuumed by itself: \(live[2])."
        guard dead > 50_000, dead > rows / 5 else { return [.ok(said)] }
        return [
            .warning(
                said,
                advice: "Run VACUUM on the table live; look for what holds it up under transactions."
            )
        ]
    }
}
#endif
