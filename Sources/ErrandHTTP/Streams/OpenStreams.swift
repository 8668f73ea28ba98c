#if Server
import Errand
import HTTPTypes
import Synchronization

/// How many streams are open, in all and for each tenant.
final class OpenStreams: Sendable {
    private let counts = Mutex<[Name?: Int]>([:])

    /// Refuses another stream where there are as many as the options allow.
    func admit(_ scope: Scope, _ options: APIOptions) throws(Problem) {
        let (all, own) = counts.withLock { ($0.values.reduce(0, +), $0[scope.tenantId, default: 0]) }
        let limits = [(all, options.maximumStreams), (own, options.quotas.streams ?? .max)]
        for (count, limit) in limits where count >= limit {
            throw Problem.exceeded(.streams, limit: limit, retryAfter: 10)
        }
    }

    func open(_ scope: Scope) { counts.withLock { $0[scope.tenantId, default: 0] += 1 } }

    func close(_ scope: Scope) {
        counts.withLock { counts in
            let left = counts[scope.tenantId, default: 1] - 1
            counts[scope.tenantId] = left > 0 ? left : nil
        }
    }
}
#endif
