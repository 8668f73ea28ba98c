#if Postgres
import Errand
import FoundationEssentials

extension PostgresSession {
    /// Adds rows, the checkpoint and the progress, if the lease holds; the rows in one statement.
    ///
    /// The count of rows is the last position as well. Who moves it on has the dataset to itself until the commit, so
    /// that rows become visible in the order of their positions.
    func append(_ rows: [JSONText], to write: DatasetWrite, report: RunReport) throws(JobStoreError) {
        try requireRun(report)
        let values: [PostgresValue] = [
            .int(write.dataset), .int(report.lease.number), .int(write.generation), .texts(rows.map(\.string)),
        ]
        let added =
            switch write.mode {
            case .append: try run(PostgresStatement(Self.appendRows, values + [.int(now)]))
            case .replace: try run(PostgresStatement(Self.fillRows, values))
            }
        guard added.changedCount == rows.count else {
            throw .finishedWrite
        }
    }

    private static let appendRows = """
        WITH moved AS (
            UPDATE errand.datasets d SET row_count = d.row_count + cardinality($4::text[]), updated_at = $5::bigint
            FROM errand.dataset_writes w WHERE d.dataset = $1::bigint AND d.generation = $3::bigint
                AND w.dataset = d.dataset AND w.job = $2::bigint AND w.generation = d.generation
            RETURNING d.row_count)
        \(insertRows)
        """
    private static let fillRows = """
        WITH moved AS (
            UPDATE errand.dataset_writes w SET row_count = w.row_count + cardinality($4::text[])
            WHERE w.dataset = $1::bigint AND w.job = $2::bigint AND w.generation = $3::bigint
            RETURNING w.row_count)
        \(insertRows)
        """
    private static let insertRows = """
        INSERT INTO errand.dataset_rows (generation, position, cells)
        SELECT $3::bigint, moved.row_count - cardinality($4::text[]) + r.place, r.cells
        FROM moved, unnest($4::text[]) WITH ORDINALITY AS r(cells, place)
        """

    func rows(
        of generation: Int64,
        after position: Int64,
        limit: Int
    ) throws(JobStoreError) -> [DatasetRow] {
        try sql(
            """
            SELECT position, cells FROM errand.dataset_rows WHERE generation = $1::bigint AND position > $2::bigint
            ORDER BY position LIMIT $3::bigint
            """,
            .int(generation),
            .int(position),
            .int(Int64(max(0, limit)))
        )
        .map { (row) throws(JobStoreError) in
            DatasetRow(position: row.int(), values: JSONText(trusted: row.text()))
        }
    }

    /// The datasets of a project that the scope sees, or of one name only.
    func datasets(
        named name: Name? = nil,
        in projectId: Name,
        _ scope: Scope
    ) throws(JobStoreError) -> [Dataset] {
        guard scope.includes(tenantId: scope.tenantId, projectId: projectId) else { return [] }
        return try sql(
            """
            SELECT generation, tenant, project, name, to_json(columns), row_count, updated_at FROM errand.datasets
            WHERE project = $1::text AND ($2::text IS NULL OR name = $2::text) AND ($3::boolean OR tenant = $4::text)
            ORDER BY name, tenant NULLS FIRST
            """,
            .text(projectId),
            .text(name),
            .bool(scope == .system),
            .text(scope.tenantId)
        )
        .map { (row) throws(JobStoreError) in
            Dataset(
                generation: row.int(),
                reference: DatasetReference(tenantId: row.optionalName(), projectId: row.name(), name: row.name()),
                columns: try row.names(),
                rowCount: row.int(),
                updatedAt: row.date()
            )
        }
    }

    func dataset(_ name: Name, in projectId: Name, _ scope: Scope) throws(JobStoreError) -> Dataset {
        guard let dataset = try datasets(named: name, in: projectId, scope).first else {
            throw .noDataset(name, projectId)
        }
        return dataset
    }

    /// Deletes rows of a generation that nobody sees, a few at a time so that no transaction is a long one.
    ///
    /// - Parameter rows: How many at most.
    /// - Returns: Whether there may be more.
    /// - Throws: What the database refuses.
    func pruneGenerations(rows: Int64) throws(JobStoreError) -> Bool {
        // Another process may be at one of them, and takes care of it.
        let found = try sql(
            """
            SELECT generation, deleted_to FROM errand.dead_generations ORDER BY generation LIMIT 1
            FOR UPDATE SKIP LOCKED
            """
        )
        .first { (row) throws(JobStoreError) in (row.int(), row.int()) }
        guard let (generation, last) = found else { return false }
        let deleted = try sql(
            """
            DELETE FROM errand.dataset_rows
            WHERE generation = $1::bigint AND position > $2::bigint AND position <= $3::bigint
            """,
            .int(generation),
            .int(last),
            .int(last + rows)
        )
        if deleted.changedCount > 0 {
            try sql(
                "UPDATE errand.dead_generations SET deleted_to = $2::bigint WHERE generation = $1::bigint",
                .int(generation),
                .int(last + rows)
            )
            return true
        }
        try sql("DELETE FROM errand.dead_generations WHERE generation = $1::bigint", .int(generation))
        return try sql("SELECT EXISTS (SELECT FROM errand.dead_generations)")
            .first { (row) throws(JobStoreError) in row.bool() } ?? false
    }
}
#endif
