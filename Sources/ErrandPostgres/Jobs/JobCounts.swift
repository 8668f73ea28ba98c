#if Postgres
import Errand

/// What a transaction adds to the counts of jobs by status.
struct JobCounts {
    private struct Key: Hashable {
        var tenant: Name?
        var project: Name?
        var type: Name
        var queue: Name
        var status: JobStatus
    }

    private var changes: [Key: Int64] = [:]

    /// Adds or, with a negative number, takes away jobs.
    mutating func add(
        _ count: Int64,
        _ status: JobStatus,
        type: Name,
        queue: Name,
        tenant: Name?,
        project: Name?
    ) {
        changes[Key(tenant: tenant, project: project, type: type, queue: queue, status: status), default: 0] += count
    }

    mutating func add(_ count: Int64, _ job: Job) { add(count, job.status, of: job) }

    /// Counts a job as of a status that need not be its own.
    mutating func add(_ count: Int64, _ status: JobStatus, of job: Job) {
        add(count, status, type: job.type, queue: job.queue, tenant: job.tenantId, project: job.projectId)
    }

    /// What writes them down; nil where nothing changes.
    var statement: PostgresStatement? {
        let rows = changes.filter { $0.value != 0 }
        guard !rows.isEmpty else { return nil }
        return PostgresStatement(
            """
            INSERT INTO errand.job_counts (tenant, project, type, queue, status, jobs)
            SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::smallint[], $6::bigint[])
            """,
            [
                .texts(rows.map(\.key.tenant)), .texts(rows.map(\.key.project)), .texts(rows.map(\.key.type)),
                .texts(rows.map(\.key.queue)), .ints(rows.map(\.key.status.code)), .ints(rows.map(\.value)),
            ]
        )
    }
}
#endif
