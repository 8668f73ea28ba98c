#if Postgres
import Errand

extension PostgresCheck {
    static let migrations = PostgresCheck("schema") { (connection, url) throws(JobStoreError) in
        let missing: [String]
        do throws(JobStoreError) {
            missing = try PostgresMigrations.list(on: connection).filter { !$0.isApplied }.map(\.name)
        } catch {
            guard error.code == .schemaTooNew else { throw error }
            return [.problem(error.message, advice: "Replace this program by that version or a newer one.")]
        }
        guard missing.isEmpty else {
            return [
                .problem(
                    "The schema \"\(url.options.schema)\" lacks \(missing.joined(separator: ", ")).",
                    advice: "Run errand migrate, or start errand serve, as a role that may create tables."
                )
            ]
        }
        let unfinished = try connection.texts("SELECT source FROM errand.copies WHERE finished_at IS NULL")
        guard let source = unfinished.first else { return [.ok("Every migration is applied.")] }
        return [
            .problem(
                "A copy from \(source) to this schema was not finished.",
                advice: "Run the same errand copy again."
            )
        ]
    }

    static let permissions = PostgresCheck("permissions") { (connection, url) throws(JobStoreError) in
        let denied = try connection.rows(
            """
            SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = '\(url.options.schema)' AND c.relkind IN ('r', 'S') AND NOT CASE c.relkind
                WHEN 'S' THEN has_sequence_privilege(c.oid, 'USAGE')
                ELSE has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
                    AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE') END
            ORDER BY 1
            """
        )
        .compactMap(\.first)
        guard denied.isEmpty else {
            return [
                .problem(
                    "The role may not read and write \(denied.joined(separator: ", ")).",
                    advice: "GRANT USAGE ON SCHEMA, and ALL ON ALL TABLES and SEQUENCES IN SCHEMA, to it."
                )
            ]
        }
        return [.ok("The role may read and write all that is in the schema.")]
    }

    static let indexes = PostgresCheck("indexes") { (connection, url) throws(JobStoreError) in
        let shipped = try PostgresMigrations.list(on: connection).flatMap { $0.sql.split(separator: "\n") }
            .filter { $0.hasPrefix("CREATE INDEX ") || $0.hasPrefix("CREATE UNIQUE INDEX ") }
            .compactMap { line in line.split(separator: " ").drop { $0 != "INDEX" }.dropFirst().first.map(String.init) }
        let present = try connection.rows(
            """
            SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = '\(url.options.schema)'
            """,
            columns: 2
        )
        let valid = Set(present.filter { $0.last == "t" }.compactMap(\.first))
        let broken = present.filter { $0.last != "t" }.compactMap(\.first)
        let missing = shipped.filter { !valid.contains($0) && !broken.contains($0) }
        var findings: [Finding] = []
        if !missing.isEmpty {
            let advice = "Create them as docs/schema-postgresql.sql shows; without them claims read whole tables."
            findings.append(.problem("Indexes are missing: \(missing.joined(separator: ", ")).", advice: advice))
        }
        if !broken.isEmpty {
            let advice = "REINDEX INDEX them: a CREATE INDEX or REINDEX CONCURRENTLY was interrupted."
            findings.append(.problem("Indexes are invalid: \(broken.joined(separator: ", ")).", advice: advice))
        }
        return findings.isEmpty ? [.ok("All \(shipped.count) indexes are there and valid.")] : findings
    }

    static let sizes = PostgresCheck("sizes") { (connection, url) throws(JobStoreError) in
        let tables = try connection.rows(
            """
            SELECT c.relname || ' ' || pg_size_pretty(pg_total_relation_size(c.oid)) FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = '\(url.options.schema)' AND c.relkind = 'r'
            ORDER BY pg_total_relation_size(c.oid) DESC LIMIT 5
            """
        )
        .compactMap(\.first)
        return [.ok("The largest tables: \(tables.isEmpty ? "none" : tables.joined(separator: ", ")).")]
    }
}
#endif
