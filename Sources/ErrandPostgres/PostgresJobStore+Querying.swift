#if Postgres
public import Errand
import FoundationEssentials

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension PostgresJobStore {
    public func job(_ job: JobReference, scope: Scope) async throws(JobStoreError) -> Job {
        try await read { session throws(JobStoreError) in try session.job(job, scope: scope) }
    }

    public func dependencies(_ job: JobReference, scope: Scope) async throws(JobStoreError) -> [JobDependency] {
        try await read { session throws(JobStoreError) in try session.dependencies(job, scope: scope) }
    }

    public func jobs(_ filter: JobFilter, page: PageRequest, scope: Scope) async throws(JobStoreError) -> JobPage {
        try await read { session throws(JobStoreError) in try session.page(filter, page, scope) }
    }

    public func count(_ filter: JobFilter, upTo limit: Int?, scope: Scope) async throws(JobStoreError) -> Int {
        try await read { session throws(JobStoreError) in try session.count(filter, upTo: limit, scope) }
    }

    public func counts(
        by grouping: JobGrouping,
        projectId: Name?,
        scope: Scope
    ) async throws(JobStoreError) -> [Name: StatusCounts] {
        try await read { session throws(JobStoreError) in try session.counts(grouping, projectId, scope) }
    }

    public func logs(
        _ job: JobReference,
        after: Int64,
        limit: Int,
        scope: Scope
    ) async throws(JobStoreError) -> [StoredLogLine] {
        try await read { session throws(JobStoreError) in
            try session.logs(of: session.number(of: job, scope: scope), after: after, limit: limit)
        }
    }

    public func files(_ job: JobReference, scope: Scope) async throws(JobStoreError) -> [JobFile] {
        try await read { session throws(JobStoreError) in
            try session.files(of: session.number(of: job, scope: scope))
        }
    }

    public func workers(scope: Scope) async throws(JobStoreError) -> [LiveWorker] {
        try await read { session throws(JobStoreError) in try session.workers(scope) }
    }

    public func queues(scope: Scope) async throws(JobStoreError) -> [QueueState] {
        try await read { session throws(JobStoreError) in try session.queues(scope) }
    }
}
#endif
