public import Errand
public import FoundationEssentials

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension SQLiteJobStore: APIKeyStore {
    public func insert(_ key: APIKey) async throws(JobStoreError) {
        try await write { session throws(JobStoreError) in
            guard try session.add(key) else {
                throw JobStoreError.takenAPIKey
            }
        }
    }

    public func apiKey(prefix: String) async throws(JobStoreError) -> APIKey? {
        try await read { reader throws(JobStoreError) in
            let row = try reader.sql("SELECT * FROM api_keys WHERE prefix = ?")
            row.bind(1, prefix)
            return try APIKey.all(of: row).first
        }
    }

    public func apiKey(id: JobID) async throws(JobStoreError) -> APIKey? {
        try await read { reader throws(JobStoreError) in
            let row = try reader.sql("SELECT * FROM api_keys WHERE id = ?")
            row.bind(1, id)
            return try APIKey.all(of: row).first
        }
    }

    public func apiKeys(scope: Scope) async throws(JobStoreError) -> [APIKey] {
        let keys = try await read { reader throws(JobStoreError) in
            try APIKey.all(of: reader.sql("SELECT * FROM api_keys ORDER BY created_at DESC, id DESC"))
        }
        return keys.filter { scope.contains($0.scope) }
    }

    public func revokeAPIKey(_ id: JobID, scope: Scope) async throws(JobStoreError) -> APIKey {
        try await write { session throws(JobStoreError) in
            let row = try session.sql("SELECT * FROM api_keys WHERE id = ?")
            row.bind(1, id)
            guard var key = try APIKey.all(of: row).first, scope.contains(key.scope) else {
                throw JobStoreError.noAPIKey(id)
            }
            let now = key.revokedAt ?? session.time.wall
            let update = try session.sql("UPDATE api_keys SET revoked_at = ? WHERE id = ?")
            update.bind(1, now.milliseconds)
            update.bind(2, id)
            try update.run()
            key.revokedAt = now
            return key
        }
    }

    public func noteUse(ofAPIKey id: JobID, at time: Date) async throws(JobStoreError) {
        try await write { session throws(JobStoreError) in
            let update = try session.sql("UPDATE api_keys SET used_at = max(coalesce(used_at, 0), ?) WHERE id = ?")
            update.bind(1, time.milliseconds)
            update.bind(2, id)
            try update.run()
        }
    }
}

extension SQLiteSession {
    /// Stores a key; false where there is one with its id or prefix.
    func add(_ key: APIKey) throws(JobStoreError) -> Bool {
        let insert = try sql("INSERT OR IGNORE INTO api_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING 1")
        insert.bind(1, key.id)
        insert.bind(2, key.prefix)
        insert.bind(3, key.sha256)
        insert.bind(4, key.name)
        insert.bind(5, key.scope.tenantId)
        insert.bind(6, key.scope.storedProjects)
        insert.bind(7, key.storedScopes)
        insert.bind(8, key.createdAt.milliseconds)
        insert.bind(9, key.expiresAt?.milliseconds)
        insert.bind(10, key.revokedAt?.milliseconds)
        insert.bind(11, key.usedAt?.milliseconds)
        defer { insert.reset() }
        return try insert.step()
    }
}

extension APIKey {
    /// Reads the rows of `SELECT * FROM api_keys`.
    fileprivate static func all(of row: SQLStatement) throws(JobStoreError) -> [APIKey] {
        defer { row.reset() }
        var keys: [APIKey] = []
        while try row.step() { keys.append(try APIKey(row)) }
        return keys
    }

    /// Reads the row that `SELECT * FROM api_keys` stands at.
    init(_ row: SQLStatement) throws(JobStoreError) {
        self.init(
            id: row.id(0),
            prefix: row.text(1),
            sha256: row.text(2),
            name: row.text(3),
            scope: try Scope.stored(tenantId: row.optionalName(4), projects: row.optionalText(5)),
            scopes: Self.scopes(stored: row.text(6)),
            createdAt: Date(milliseconds: row.int(7)),
            expiresAt: row.optionalInt(8).map(Date.init(milliseconds:))
        )
        revokedAt = row.optionalInt(9).map(Date.init(milliseconds:))
        usedAt = row.optionalInt(10).map(Date.init(milliseconds:))
    }
}
