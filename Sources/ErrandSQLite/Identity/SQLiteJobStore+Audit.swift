public import Errand
import FoundationEssentials

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension SQLiteJobStore: AuditStore {
    public func append(_ entry: AuditEntry) async throws(JobStoreError) {
        try await write { session throws(JobStoreError) in try session.add(entry) }
    }

    public func audit(
        _ filter: AuditFilter,
        page: PageRequest,
        scope: Scope
    ) async throws(JobStoreError) -> [AuditEntry] {
        guard scope == .system || scope.includes(tenantId: scope.tenantId, projectId: nil) else { return [] }
        return try await read { reader throws(JobStoreError) in
            let row = try reader.sql(
                """
                SELECT number, at, tenant, actor, actor_name, operation, target, request_id FROM audit
                WHERE number < ?1 AND (?2 IS NULL OR tenant = ?2) AND (?3 IS NULL OR actor = ?3)
                    AND (?4 IS NULL OR operation = ?4) AND (?5 IS NULL OR at >= ?5) AND (?6 IS NULL OR at < ?6)
                ORDER BY number DESC LIMIT ?7
                """
            )
            row.bind(1, page.before ?? .max)
            row.bind(2, scope.tenantId)
            row.bind(3, filter.actor)
            row.bind(4, filter.operation)
            row.bind(5, filter.after?.milliseconds)
            row.bind(6, filter.before?.milliseconds)
            row.bind(7, Int64(max(0, page.limit)))
            defer { row.reset() }
            var entries: [AuditEntry] = []
            while try row.step() { entries.append(AuditEntry(row)) }
            return entries
        }
    }
}

extension SQLiteSession {
    /// Stores an entry, unless there is one of its number; 0 is a new one.
    func add(_ entry: AuditEntry) throws(JobStoreError) {
        let insert = try sql("INSERT OR IGNORE INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        insert.bind(1, entry.number == 0 ? nil : entry.number)
        insert.bind(2, entry.at.milliseconds)
        insert.bind(3, entry.tenantId)
        insert.bind(4, entry.actor)
        insert.bind(5, entry.actorName)
        insert.bind(6, entry.operation)
        insert.bind(7, entry.target)
        insert.bind(8, entry.requestId)
        try insert.run()
    }
}

extension AuditEntry {
    /// Reads the row that `SELECT * FROM audit` stands at.
    init(_ row: SQLStatement) {
        self.init(
            at: Date(milliseconds: row.int(1)),
            tenantId: row.optionalName(2),
            actor: row.text(3),
            actorName: row.optionalText(4),
            operation: row.text(5),
            target: row.text(6),
            requestId: row.text(7)
        )
        number = row.int(0)
    }
}
