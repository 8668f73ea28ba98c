#if Postgres
public import Errand

/// One thing that can be wrong with a PostgreSQL or Errand's schema in it.
struct PostgresCheck: Sendable {
    let name: String
    let run: @Sendable (PostgresConnection, PostgresURL) throws(JobStoreError) -> [Finding]

    init(
        _ name: String,
        run: @escaping @Sendable (PostgresConnection, PostgresURL) throws(JobStoreError) -> [Finding]
    ) {
        (self.name, self.run) = (name, run)
    }

    /// Every check, those first that others depend on.
    static let all: [PostgresCheck] = [
        version, role, migrations, permissions, pooler, notifications, clock, connections, transactions, vacuum,
        indexes, sizes,
    ]
}

extension PostgresURL {
    /// What to look at when something is wrong with the store at this URL.
    public var diagnosticChecks: [DiagnosticCheck] {
        PostgresCheck.all.map { check in DiagnosticCheck(check.name) { await findings(of: check) } }
    }

    private func findings(of check: PostgresCheck) async -> [Finding] {
        let pool = PostgresPool(options.address(connection), limit: 1, patience: .zero)
        defer { pool.close() }
        let findings: [Finding]
        do throws(JobStoreError) {
            findings = try await pool.run { link throws(JobStoreError) in try check.run(link.connection(), self) }
        } catch {
            findings = [.unseen(error)]
        }
        return findings
    }
}

extension Finding {
    /// A check could not look.
    static func unseen(_ error: JobStoreError) -> Finding {
        .problem(
            error.description,
            advice: "See that the server runs, that the URL leads to it, and that the role may log in and ask this."
        )
    }
}

extension PostgresConnection {
    /// The first row's columns as texts, "" for null; empty where there is no row.
    func texts(_ sql: String, columns: Int = 1) throws(JobStoreError) -> [String] {
        try rows(sql, columns: columns).first ?? []
    }

    /// Every row's columns as texts.
    func rows(_ sql: String, columns: Int = 1) throws(JobStoreError) -> [[String]] {
        try runAll(sql).map { (row) throws(JobStoreError) in (0..<columns).map { _ in row.text() } }
    }

    func number(_ sql: String) throws(JobStoreError) -> Int64 { Int64(try texts(sql).first ?? "") ?? 0 }
}
#endif
