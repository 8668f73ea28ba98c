#if Postgres
import Errand
import FoundationEssentials

extension PostgresSession {
    /// Records an upload under the scope's tenant.
    func insert(_ upload: Upload, _ scope: Scope) throws(JobStoreError) {
        let inserted = try sql(
            """
            INSERT INTO errand.uploads (id, tenant, key, filename, size, sha256, expires_at)
            VALUES ($1::uuid, $2::text, $3::text, $4::text, $5::bigint, $6::text, $7::bigint) ON CONFLICT DO NOTHING
            """,
            .id(upload.id),
            .text(scope.tenantId),
            .text(upload.key),
            .text(upload.filename),
            .int(upload.size),
            .text(upload.sha256),
            .int(upload.expiresAt.milliseconds)
        )
        guard inserted.changedCount == 1 else {
            throw .takenUpload(upload.id)
        }
    }

    /// Reads an upload that has not expired, or that a job uses.
    func upload(_ id: JobID, _ scope: Scope) throws(JobStoreError) -> Upload {
        let found = try sql(
            """
            SELECT key, filename, size, sha256, expires_at FROM errand.uploads
            WHERE id = $1::uuid AND ($2::boolean OR tenant = $3::text) AND (job IS NOT NULL OR expires_at > $4::bigint)
            """,
            .id(id),
            .bool(scope == .system),
            .text(scope.tenantId),
            .int(now)
        )
        .first { (row) throws(JobStoreError) in
            Upload(
                id: id,
                key: row.text(),
                filename: row.text(),
                size: row.int(),
                sha256: row.text(),
                expiresAt: row.date()
            )
        }
        guard let found else { throw .noUpload(id) }
        return found
    }

    /// Adds up the sizes of the uploads of a scope's tenant.
    func uploadedBytes(_ scope: Scope) throws(JobStoreError) -> Int64 {
        try sql(
            "SELECT coalesce(sum(size), 0)::bigint FROM errand.uploads WHERE $1::boolean OR tenant = $2::text",
            .bool(scope == .system),
            .text(scope.tenantId)
        )
        .first { (row) throws(JobStoreError) in row.int() } ?? 0
    }

    /// Locks the uploads that a batch of submits names, so that none of them expires before the commit.
    func lockUploads(_ jobs: [NewJob], _ scope: Scope, for plan: inout InsertPlan) throws(JobStoreError) {
        let ids = Array(Set(jobs.flatMap(\.uploads)))
        guard !ids.isEmpty else { return }
        try lockUploads(ids)
        let usable = try sql(
            """
            SELECT id FROM errand.uploads WHERE id = ANY ($1::uuid[]) AND tenant IS NOT DISTINCT FROM $2::text
                AND (job IS NOT NULL OR expires_at > $3::bigint)
            """,
            .ids(ids),
            .text(scope.tenantId),
            .int(now)
        )
        plan.uploads = Set(try usable.map { (row) throws(JobStoreError) in try row.id() })
    }

    /// Writes which job uses which upload; of several jobs the last has it.
    func handOverUploads(_ plan: InsertPlan) throws(JobStoreError) {
        guard !plan.usedUploads.isEmpty else { return }
        try sql(
            """
            UPDATE errand.uploads SET job = used.job
            FROM unnest($1::uuid[], $2::bigint[]) AS used(id, job) WHERE uploads.id = used.id
            """,
            .ids(Array(plan.usedUploads.keys)),
            .ints(plan.usedUploads.values.map { plan.number(of: $0) })
        )
    }

    /// Deletes uploads that expired unused; their objects become orphans.
    func pruneUploads(limit: Int) throws(JobStoreError) {
        let keys = try sql(
            """
            WITH expired AS MATERIALIZED (
                SELECT id FROM errand.uploads WHERE job IS NULL AND expires_at <= $1::bigint
                ORDER BY expires_at LIMIT $2::bigint FOR UPDATE SKIP LOCKED)
            DELETE FROM errand.uploads u USING expired WHERE u.id = expired.id RETURNING u.key
            """,
            .int(now),
            .int(Int64(max(0, limit)))
        )
        orphanedKeys.formUnion(try keys.map { (row) throws(JobStoreError) in row.name() })
    }
}

extension InsertPlan {
    /// The number of a job, once those to be stored have theirs.
    fileprivate func number(of user: User) -> Int64 {
        switch user {
        case .new(let place): jobs[place].job.number
        case .stored(let number): number
        }
    }

    /// Notes that a job takes over the uploads that a submit names.
    mutating func useUploads(of new: NewJob, at index: Int, by user: User) throws(JobStoreError) {
        for (position, id) in new.uploads.enumerated() {
            guard uploads.contains(id) else { throw .unknownUpload(id, at: index, position) }
            usedUploads[id] = user
        }
    }
}
#endif
