#if Postgres
public import Errand

/// A PostgreSQL schema that is read whole, to be copied.
///
/// All pages show the moment of the last ``summary()``: they are read in one transaction, which cannot write.
public final class PostgresArchive: JobArchive {
    private let pool: PostgresPool
    private let context: PostgresContext

    /// Makes an archive; the connection is made when it is needed.
    ///
    /// - Parameters:
    ///   - url: What libpq understands.
    ///   - options: The schema, and what else there is to say.
    /// - Throws: `invalid` when the schema's name is none.
    public init(url: String, options: PostgresJobStore.Options) throws(JobStoreError) {
        try options.checkSchema()
        var address = options.address(url)
        // It counts whole tables, which may take longer than anything that somebody waits for.
        address.statementTimeout = max(address.statementTimeout, .seconds(3600))
        pool = PostgresPool(address, limit: 1, patience: options.statementTimeout)
        context = PostgresContext(options: options, pool: pool, hub: ChangeHub(), sender: nil)
    }

    /// Makes an archive as a URL says; see ``PostgresURL``.
    public convenience init(_ url: PostgresURL) throws(JobStoreError) {
        try self.init(url: url.connection, options: url.options)
    }

    deinit { close() }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func close() { pool.close() }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func summary() async throws(JobStoreError) -> ArchiveSummary {
        try await pool.run { [context] link throws(JobStoreError) in
            let connection = try link.connection()
            try Self.refuseOldSchema(connection)
            try connection.runAll("ROLLBACK")
            try connection.runAll("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            let session = try PostgresSession(connection, context)
            if let copy = try session.earlierCopy(), !copy.isFinished { throw copy.refusal }
            try session.refuseLiveWorkers()
            return try session.archiveSummary()
        }
    }

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func page(
        _ section: ArchiveSection,
        after record: ArchiveRecord?,
        limit: Int
    ) async throws(JobStoreError) -> [ArchiveRecord] {
        try await pool.run { [context] link throws(JobStoreError) in
            let session = try PostgresSession(link.connection(), context)
            return try session.records(of: section, after: record, limit: limit)
        }
    }

    private static func refuseOldSchema(_ connection: PostgresConnection) throws(JobStoreError) {
        let missing = try PostgresMigrations.list(on: connection).filter { !$0.isApplied }.map(\.name)
        guard !missing.isEmpty else { return }
        throw JobStoreError(
            .unavailable,
            "The schema \(connection.schema) lacks \(missing.joined(separator: ", ")). Run errand migrate on it first."
        )
    }
}

extension PostgresSession {
    /// The copy that filled the schema, where one did.
    func earlierCopy() throws(JobStoreError) -> EarlierCopy? {
        try sql("SELECT source, fingerprint, finished_at IS NOT NULL FROM errand.copies")
            .first { (row) throws(JobStoreError) in
                EarlierCopy(source: row.text(), fingerprint: row.text(), isFinished: row.bool())
            }
    }

    /// Throws `inUse` while there are workers that live, or runs whose lease holds.
    fileprivate func refuseLiveWorkers() throws(JobStoreError) {
        let workers = try sql(
            "SELECT id, name FROM errand.workers WHERE heartbeat + lease * 1000 > $1::bigint ORDER BY name",
            .int(time.steady.wholeMicroseconds)
        )
        .map { (row) throws(JobStoreError) in "\(row.text()) (\(row.text()))" }
        let runs =
            try sql(
                "SELECT count(*) FROM errand.live WHERE status = 1 AND NOT tracked AND lease_end > $1::bigint",
                .int(time.steady.wholeMicroseconds)
            )
            .first { (row) throws(JobStoreError) in row.int() } ?? 0
        guard !workers.isEmpty || runs > 0 else { return }
        let names = workers.isEmpty ? "nobody that says so" : workers.prefix(5).joined(separator: ", ")
        throw JobStoreError(
            .inUse,
            "Workers of the source live: \(names), with \(runs) runs whose lease holds. Stop every errand serve and "
                + "errand worker on it with SIGTERM; what one that was killed ran is free when its lease ends (30 s)."
        )
    }
}
#endif
