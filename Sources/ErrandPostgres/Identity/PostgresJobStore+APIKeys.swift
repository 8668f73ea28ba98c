#if Postgres
public import Errand
public import FoundationEssentials

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension PostgresJobStore: APIKeyStore {
    public func insert(_ key: APIKey) async throws(JobStoreError) {
        try await write { session throws(JobStoreError) in try session.insert(key) }
    }

    public func apiKey(prefix: String) async throws(JobStoreError) -> APIKey? {
        try await read { session throws(JobStoreError) in
            try session.apiKeys("prefix = $1::text", .text(prefix)).first
        }
    }

    public func apiKey(id: JobID) async throws(JobStoreError) -> APIKey? {
        try await read { session throws(JobStoreError) in try session.apiKeys("id = $1::uuid", .id(id)).first }
    }

    public func apiKeys(scope: Scope) async throws(JobStoreError) -> [APIKey] {
        let keys = try await read { session throws(JobStoreError) in
            try session.apiKeys("$1::text IS NULL OR tenant = $1::text", .text(scope.tenantId))
        }
        return keys.filter { scope.contains($0.scope) }
    }

    public func revokeAPIKey(_ id: JobID, scope: Scope) async throws(JobStoreError) -> APIKey {
        try await write { session throws(JobStoreError) in
            guard var key = try session.apiKeys("id = $1::uuid", .id(id)).first, scope.contains(key.scope) else {
                throw JobStoreError.noAPIKey(id)
            }
            key.revokedAt = key.revokedAt ?? session.time.wall
            try session.sql(
                "UPDATE errand.api_keys SET revoked_at = coalesce(revoked_at, $2::bigint) WHERE id = $1::uuid",
                .id(id),
                .int(key.revokedAt?.milliseconds)
            )
            return key
        }
    }

    public func noteUse(ofAPIKey id: JobID, at time: Date) async throws(JobStoreError) {
        try await write { session throws(JobStoreError) in
            _ = try session.sql(
                "UPDATE errand.api_keys SET used_at = greatest(used_at, $2::bigint) WHERE id = $1::uuid",
                .id(id),
                .int(time.milliseconds)
            )
        }
    }
}

extension PostgresSession {
    fileprivate func insert(_ key: APIKey) throws(JobStoreError) {
        let inserted = try sql(
            """
            INSERT INTO errand.api_keys
            VALUES ($1::uuid, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::bigint, $9::bigint,
                $10::bigint, $11::bigint) ON CONFLICT DO NOTHING
            """,
            .id(key.id),
            .text(key.prefix),
            .text(key.sha256),
            .text(key.name),
            .text(key.scope.tenantId),
            .text(key.scope.storedProjects),
            .text(key.storedScopes),
            .int(key.createdAt.milliseconds),
            .int(key.expiresAt?.milliseconds),
            .int(key.revokedAt?.milliseconds),
            .int(key.usedAt?.milliseconds)
        )
        guard inserted.changedCount == 1 else {
            throw JobStoreError.takenAPIKey
        }
    }

    /// The keys that meet a condition on one value, newest first.
    fileprivate func apiKeys(_ condition: String, _ value: PostgresValue) throws(JobStoreError) -> [APIKey] {
        try sql(
            """
            SELECT \(APIKey.columns) FROM errand.api_keys WHERE \(condition) ORDER BY created_at DESC, id DESC
            """,
            value
        )
        .map { (row) throws(JobStoreError) in try APIKey(&row) }
    }
}

extension APIKey {
    /// The columns that ``init(_:)`` reads.
    static let columns = """
        id, prefix, sha256, name, tenant, projects, scopes, created_at, expires_at, revoked_at, used_at
        """

    init(_ row: inout PostgresRow) throws(JobStoreError) {
        let (id, prefix, sha256, name) = (try row.id(), row.text(), row.text(), row.text())
        self.init(
            id: id,
            prefix: prefix,
            sha256: sha256,
            name: name,
            scope: try Scope.stored(tenantId: row.optionalName(), projects: row.optionalText()),
            scopes: APIKey.scopes(stored: row.text()),
            createdAt: row.date(),
            expiresAt: row.optionalDate()
        )
        revokedAt = row.optionalDate()
        usedAt = row.optionalDate()
    }
}
#endif
