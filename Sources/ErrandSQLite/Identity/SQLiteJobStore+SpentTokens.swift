public import Errand
public import FoundationEssentials

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension SQLiteJobStore {
    public func spend(token id: String, until: Date) async throws(JobStoreError) -> Bool {
        try await write { session throws(JobStoreError) in
            let prune = try session.sql("DELETE FROM spent_tokens WHERE until <= ?")
            prune.bind(1, session.time.wall.milliseconds)
            try prune.run()
            return try session.spend(id, until: until)
        }
    }

    public func isSpent(token id: String) async throws(JobStoreError) -> Bool {
        try await read { reader throws(JobStoreError) in
            let row = try reader.sql("SELECT 1 FROM spent_tokens WHERE id = ?")
            row.bind(1, id)
            defer { row.reset() }
            return try row.step()
        }
    }
}

extension SQLiteSession {
    /// Notes that a token is not taken again; false where that was known.
    func spend(_ id: String, until: Date) throws(JobStoreError) -> Bool {
        let insert = try sql("INSERT OR IGNORE INTO spent_tokens VALUES (?, ?) RETURNING 1")
        insert.bind(1, id)
        insert.bind(2, until.milliseconds)
        defer { insert.reset() }
        return try insert.step()
    }
}
