#if Server
import Errand
import HTTPTypes

extension JobList {
    /// From where on an estimate stops counting job by job.
    private static let estimateLimit = 10_000

    /// How many jobs the whole list has, where that was asked for.
    ///
    /// An estimate is exact where the counts that the store keeps tell it, and up to 10,000; beyond that it is 10,000.
    func total(in store: any JobStore, scope: Scope) async throws(JobStoreError) -> Int? {
        switch count {
        case nil: nil
        case .exact: try await store.count(filter, upTo: nil, scope: scope)
        case .estimate:
            if let grouping = filter.keptGrouping {
                filter.sum(try await store.counts(by: grouping, projectId: filter.projectId, scope: scope))
            } else {
                try await store.count(filter, upTo: Self.estimateLimit, scope: scope)
            }
        }
    }
}

extension JobFilter {
    /// By what the counts that stores keep are to be grouped, so that they tell how many jobs the filter lets through;
    /// nil where it asks for more than they know.
    fileprivate var keptGrouping: JobGrouping? {
        let others: [Any?] = [tag, createdBy, createdAfter, createdBefore, search]
        guard others.allSatisfy({ $0 == nil }) else { return nil }
        switch (types, queue) {
        case (_, nil): return .type
        case (nil, _): return .queue
        default: return nil
        }
    }

    /// The jobs it lets through, of counts that are grouped so.
    fileprivate func sum(_ counts: [Name: StatusCounts]) -> Int {
        let groups = counts.filter { name, _ in (queue.map { $0 == name } ?? types?.contains(name)) ?? true }
        return (statuses ?? Set(JobStatus.allCases)).reduce(0) { sum, status in
            sum + groups.values.reduce(0) { $0 + $1[status] }
        }
    }
}

extension HTTPField.Name {
    /// How many records a whole list has.
    static let totalCount = HTTPField.Name(validated: "X-Total-Count")
}
#endif
