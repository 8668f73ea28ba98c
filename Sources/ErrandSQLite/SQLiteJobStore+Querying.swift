public import Errand
import FoundationEssentials
import GRDB
import Synchronization

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension SQLiteJobStore {
    public func job(_ job: JobReference, scope: Scope) async throws(JobStoreError) -> Job {
        try await database.sharedReads.read { reader throws(JobStoreError) in try reader.job(job, scope: scope) }
    }

    public func dependencies(_ job: JobReference, scope: Scope) async throws(JobStoreError) -> [JobDependency] {
        try await read { reader throws(JobStoreError) in try reader.dependencies(job, scope: scope) }
    }

    public func jobs(_ filter: JobFilter, page: PageRequest, scope: Scope) async throws(JobStoreError) -> JobPage {
        try await read { reader throws(JobStoreError) in try reader.page(filter, page, scope) }
    }

    public func count(_ filter: JobFilter, upTo limit: Int?, scope: Scope) async throws(JobStoreError) -> Int {
        try await read { reader throws(JobStoreError) in try reader.count(filter, upTo: limit, scope) }
    }

    public func counts(
        by grouping: JobGrouping,
        projectId: Name?,
        scope: Scope
    ) async throws(JobStoreError) -> [Name: StatusCounts] {
        try await read { reader throws(JobStoreError) in
            var groups: [Name: StatusCounts] = [:]
            for row in try reader.counts() where scope.includes(tenantId: row.tenant, projectId: row.project) {
                guard projectId == nil || row.project == projectId, row.counts.total > 0 else { continue }
                groups[row.group(grouping), default: StatusCounts()].add(row.counts)
            }
            return groups
        }
    }

    public func logs(
        _ job: JobReference,
        after: Int64,
        limit: Int,
        scope: Scope
    ) async throws(JobStoreError) -> [StoredLogLine] {
        try await read { reader throws(JobStoreError) in
            try reader.logs(of: try reader.job(job, scope: scope).number, after: after, limit: limit)
        }
    }

    public func files(_ job: JobReference, scope: Scope) async throws(JobStoreError) -> [JobFile] {
        try await read { reader throws(JobStoreError) in
            try reader.files(of: try reader.job(job, scope: scope).number)
        }
    }

    public func queues(scope: Scope) async throws(JobStoreError) -> [QueueState] {
        try await read { reader throws(JobStoreError) in try reader.queues(scope) }
    }

    public func workers(scope: Scope) async throws(JobStoreError) -> [LiveWorker] {
        let held = try await read { reader throws(JobStoreError) in try reader.heldLeases(scope) }
        return workers.withLock { LiveWorker.list($0.list(at: options.clock.now()), holding: held) }
    }

    /// Reads on a connection of its own, at one moment of the database.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (SQLiteReader) throws(JobStoreError) -> Value
    ) async throws(JobStoreError) -> Value {
        try await database.read(leases: leases, clock: options.clock, body)
    }
}
