#if Postgres
public import Errand
import FoundationEssentials

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension PostgresJobStore: AuditStore {
    public func append(_ entry: AuditEntry) async throws(JobStoreError) {
        try await write { session throws(JobStoreError) in
            _ = try session.sql(
                """
                INSERT INTO errand.audit (at, tenant, actor, actor_name, operation, target, request_id)
                VALUES ($1::bigint, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text)
                """,
                .int(entry.at.milliseconds),
                .text(entry.tenantId),
                .text(entry.actor),
                .text(entry.actorName),
                .text(entry.operation),
                .text(entry.target),
                .text(entry.requestId)
            )
        }
    }

    public func audit(
        _ filter: AuditFilter,
        page: PageRequest,
        scope: Scope
    ) async throws(JobStoreError) -> [AuditEntry] {
        guard scope == .system || scope.includes(tenantId: scope.tenantId, projectId: nil) else { return [] }
        return try await read { session throws(JobStoreError) in
            try session.audit(filter, page, tenantId: scope.tenantId)
        }
    }
}

extension PostgresSession {
    fileprivate func audit(
        _ filter: AuditFilter,
        _ page: PageRequest,
        tenantId: Name?
    ) throws(JobStoreError) -> [AuditEntry] {
        try sql(
            """
            SELECT \(AuditEntry.columns) FROM errand.audit
            WHERE number < $1::bigint AND ($2::text IS NULL OR tenant = $2::text)
                AND ($3::text IS NULL OR actor = $3::text) AND ($4::text IS NULL OR operation = $4::text)
                AND ($5::bigint IS NULL OR at >= $5::bigint) AND ($6::bigint IS NULL OR at < $6::bigint)
            ORDER BY number DESC LIMIT $7::bigint
            """,
            .int(page.before ?? .max),
            .text(tenantId),
            .text(filter.actor),
            .text(filter.operation),
            .int(filter.after?.milliseconds),
            .int(filter.before?.milliseconds),
            .int(Int64(max(0, page.limit)))
        )
        .map { (row) throws(JobStoreError) in AuditEntry(&row) }
    }
}

extension AuditEntry {
    /// The columns that ``init(_:)`` reads.
    static let columns = "number, at, tenant, actor, actor_name, operation, target, request_id"

    init(_ row: inout PostgresRow) {
        let number = row.int()
        self.init(
            at: row.date(),
            tenantId: row.optionalName(),
            actor: row.text(),
            actorName: row.optionalText(),
            operation: row.text(),
            target: row.text(),
            requestId: row.text()
        )
        self.number = number
    }
}
#endif
