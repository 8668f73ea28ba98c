#if Postgres
public import Errand

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension PostgresJobStore {
    public func cancel(
        _ job: JobReference,
        reason: String?,
        ifRev: Set<Int64>?,
        scope: Scope
    ) async throws(JobStoreError) -> Job {
        try JobLimits.check(reason: reason)
        return try await write { session throws(JobStoreError) in
            try session.cancel(job, reason: reason, ifRev: ifRev, scope: scope)
        }
    }

    public func retry(
        _ job: JobReference,
        runAt: Moment?,
        ifRev: Set<Int64>?,
        together: Set<JobID>,
        scope: Scope
    ) async throws(JobStoreError) -> Job {
        try await write { session throws(JobStoreError) in
            try session.retry(job, runAt: runAt, ifRev: ifRev, together: together, scope: scope)
        }
    }

    public func amend(
        _ job: JobReference,
        with amendment: JobAmendment,
        ifRev: Set<Int64>?,
        scope: Scope
    ) async throws(JobStoreError) -> Job {
        try amendment.validate()
        return try await write { session throws(JobStoreError) in
            try session.amend(job, with: amendment, ifRev: ifRev, scope: scope)
        }
    }

    public func delete(_ job: JobReference, ifRev: Set<Int64>?, scope: Scope) async throws(JobStoreError) {
        try await write { session throws(JobStoreError) in
            try session.delete(job, ifRev: ifRev, scope: scope)
        }
    }

    public func configure(
        queue: Name,
        _ changes: [QueueChange],
        ifRev: Set<Int64>?
    ) async throws(JobStoreError) {
        for change in changes { try change.validate(for: queue) }
        try await write { session throws(JobStoreError) in
            try session.configure(queue, changes, ifRev: ifRev)
        }
    }

    public func delete(queue: Name) async throws(JobStoreError) {
        try await write { session throws(JobStoreError) in try session.delete(queue: queue) }
    }
}
#endif
