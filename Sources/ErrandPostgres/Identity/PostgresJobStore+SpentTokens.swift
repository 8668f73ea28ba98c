#if Postgres
public import Errand
public import FoundationEssentials

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension PostgresJobStore {
    public func spend(token id: String, until: Date) async throws(JobStoreError) -> Bool {
        try await write { session throws(JobStoreError) in
            // Rows that another call has locked are left to it: two that prune at once must not wait for each other.
            try session.sql(
                """
                DELETE FROM errand.spent_tokens WHERE id IN (SELECT id FROM errand.spent_tokens
                    WHERE until <= $1::bigint LIMIT 1000 FOR UPDATE SKIP LOCKED)
                """,
                .int(session.time.wall.milliseconds)
            )
            return try session.sql(
                "INSERT INTO errand.spent_tokens VALUES ($1::text, $2::bigint) ON CONFLICT DO NOTHING",
                .text(id),
                .int(until.milliseconds)
            ).changedCount == 1
        }
    }

    public func isSpent(token id: String) async throws(JobStoreError) -> Bool {
        try await read { session throws(JobStoreError) in
            try session.sql("SELECT id FROM errand.spent_tokens WHERE id = $1::text", .text(id)).count > 0
        }
    }
}
#endif
