#if Postgres
public import Errand

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension PostgresJobStore: SizedStore {
    public func size() async throws(JobStoreError) -> StoreSize {
        let schema = context.options.schema
        return try await read { session throws(JobStoreError) in
            // Of tables the total has indexes and what is stored apart; only sequences are beside them.
            let rows = try session.sql(
                """
                SELECT (SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c
                    JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = $1::text AND c.relkind IN ('r', 'm', 'S')),
                (SELECT coalesce(sum(n_dead_tup), 0)::bigint FROM pg_stat_user_tables WHERE schemaname = $1::text)
                """,
                .text(schema)
            )
            let size = try rows.first { (row) throws(JobStoreError) in
                StoreSize(usedBytes: row.int(), deadTuples: row.int())
            }
            return size ?? StoreSize(usedBytes: 0)
        }
    }
}
#endif
