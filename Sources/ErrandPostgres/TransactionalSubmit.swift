#if Postgres
public import Errand
public import FoundationEssentials

/// A submit as a statement, for the caller's own connection and transaction, whatever client that is.
///
/// The job is part of what the caller commits: rolled back, there never was one; committed, it runs. The schema's
/// function `errand_submit` does it, so that the statement is one of a single row and a single column, the job's id:
///
/// ```swift
/// let submit = TransactionalSubmit(job, tenantId: "acme")
/// try await connection.query(submit.sql, submit.parameters)
/// ```
///
/// A job that waits for others, that names uploads, that is tracked or has more than the function takes is refused.
public struct TransactionalSubmit: Sendable {
    /// The statement; its parameters are `$1` to `$11`, each of which may be sent as text.
    public let sql: String
    /// The parameters' texts; nil is null.
    public let parameters: [String?]

    /// Makes the statement.
    ///
    /// - Parameters:
    ///   - job: The job. A `delaySeconds` counts from now, by this machine's clock.
    ///   - tenantId: Whose job it is; nil is the system's own.
    ///   - schema: The store's schema.
    ///   - now: What time it is.
    /// - Throws: `invalid` for what no store takes and what the function has no parameter for.
    public init(
        _ job: NewJob,
        tenantId: Name? = nil,
        schema: String = "errand",
        now: Date = .now
    ) throws(JobStoreError) {
        try job.validate()
        try PostgresJobStore.Options(schema: schema).checkSchema()
        try Self.refuseOthers(job)
        sql = """
            SELECT "\(schema)".errand_submit(type => $1::text, payload => $2::json, queue => $3::text, \
            tenant => $4::text, project => $5::text, priority => $6::integer, run_at => $7::timestamptz, \
            max_attempts => $8::integer, unique_key => $9::text, id => $10::uuid, metadata => $11::json)
            """
        let runAt = job.runAt?.date ?? job.delaySeconds.map { now.later(by: .seconds($0)) }
        parameters = [
            job.type.text, job.payload.string, job.queue.text, tenantId?.text, job.projectId?.text,
            String(job.priority),
            runAt.map(RFC3339.format),
            String(job.maxAttempts), job.uniqueKey?.text, job.id?.description, job.metadata.string,
        ]
    }

    private static func refuseOthers(_ job: NewJob) throws(JobStoreError) {
        let others: [(name: String, isUsed: Bool)] = [
            ("after", !job.after.isEmpty), ("uploads", !job.uploads.isEmpty), ("tracking", job.tracking != nil),
            ("timeoutSeconds", job.timeoutSeconds != nil), ("data", job.data != nil),
            ("internalData", job.internalData != nil), ("projectName", job.projectName != nil),
            ("createdBy", job.createdBy != nil), ("createdByName", job.createdByName != nil),
            ("traceparent", job.traceparent != nil), ("recordExpiresAt", job.recordExpiresAt != nil),
        ]
        if let used = others.first(where: \.isUsed)?.name {
            throw JobStoreError(
                .invalid,
                "errand_submit takes no \(used); submit such a job with the store, in a transaction of its own.",
                pointer: "/0/\(used)"
            )
        }
        guard job.uniqueKey == nil || job.onConflict == .return else {
            throw JobStoreError(
                .invalid,
                "errand_submit answers with the job that has the unique key; onConflict cannot be \(job.onConflict).",
                pointer: "/0/onConflict"
            )
        }
    }
}
#endif
