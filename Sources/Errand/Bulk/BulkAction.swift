/// What is to be done to many jobs, to each on its own.
public struct BulkAction: Sendable, Hashable, Decodable {
    /// The kinds of action; the raw value is its name on the wire.
    public enum Kind: String, Sendable, Hashable, Decodable, CaseIterable {
        /// Cancel what is queued or runs.
        case cancel
        /// Give what failed or was cancelled a new life.
        case retry
        /// Delete what has ended.
        case delete
        /// Give what is queued another time.
        case reschedule
    }

    /// What to do.
    public var kind: Kind
    /// Why jobs are cancelled.
    public var reason: String?
    /// Not to be run before; for a retry now when nil.
    public var runAt: Moment?

    /// Creates an action.
    ///
    /// - Parameters:
    ///   - kind: What to do.
    ///   - reason: Why, for the users of jobs that are cancelled.
    ///   - runAt: When retried and rescheduled jobs may run.
    public init(_ kind: Kind, reason: String? = nil, runAt: Moment? = nil) {
        (self.kind, self.reason, self.runAt) = (kind, reason, runAt)
    }
}

extension BulkAction {
    /// The jobs of a filter to which it can be done.
    public func applicable(in filter: JobFilter) -> JobFilter {
        var filter = filter
        filter.statuses = kind.statuses.intersection(filter.statuses ?? kind.statuses)
        return filter
    }

    /// Does it to one job.
    ///
    /// - Parameters:
    ///   - job: Which one.
    ///   - store: Where it is.
    ///   - together: Of a retry, those of the jobs it waits for that were retried with it.
    ///   - scope: Who asks.
    /// - Throws: What the store's own operation throws.
    public func perform(
        on job: JobReference,
        in store: any JobStore,
        together: Set<JobID> = [],
        scope: Scope
    ) async throws(JobStoreError) {
        switch kind {
        case .cancel: _ = try await store.cancel(job, reason: reason, scope: scope)
        case .retry: _ = try await store.retry(job, runAt: runAt, ifRev: nil, together: together, scope: scope)
        case .delete: try await store.delete(job, scope: scope)
        case .reschedule:
            var amendment = JobAmendment()
            amendment.due = runAt.map { .at($0) } ?? .now
            _ = try await store.amend(job, with: amendment, ifRev: nil, scope: scope)
        }
    }
}

extension BulkAction.Kind {
    fileprivate var statuses: Set<JobStatus> {
        switch self {
        case .cancel: [.queued, .running]
        case .retry: [.failed, .cancelled]
        case .delete: [.completed, .failed, .cancelled]
        case .reschedule: [.queued]
        }
    }

    /// What was done, in a word.
    var done: String {
        switch self {
        case .cancel: "cancelled"
        case .retry: "retried"
        case .delete: "deleted"
        case .reschedule: "rescheduled"
        }
    }
}
