#if Server
import Errand
import HTTPTypes
import Synchronization

/// Holds tenants to their quotas.
final class QuotaKeeper: Sendable {
    /// What a tenant has used, as far as this process knows.
    private struct Use {
        var requests = RateWindow()
        var submits = RateWindow()
        var queued: Count?
        var uploads: Count?
    }

    /// What the store counted, and what this process added since.
    private struct Count {
        var value: Int64
        let takenAt: Duration
    }

    private struct State {
        var uses: [Name: Use] = [:]
        var tidiedAt = Duration.zero

        /// Once in a while those are forgotten who ask for nothing any more.
        mutating func tidy(at now: Duration) {
            guard now - tidiedAt >= RateWindow.length else { return }
            tidiedAt = now
            uses = uses.filter { !$0.value.requests.isOver(at: now) || !$0.value.submits.isOver(at: now) }
        }
    }

    private static let countLifetime = Duration.seconds(1)

    private let quotas: TenantQuotas
    private let clock: any JobClock
    private let state = Mutex(State())

    init(_ quotas: TenantQuotas, clock: any JobClock) { (self.quotas, self.clock) = (quotas, clock) }

    /// Counts a request; answers what its answer's headers say, nil where requests are not limited.
    func request(_ scope: Scope) throws(Problem) -> RateReport? {
        guard let limit = quotas.requestsPerMinute, let tenant = scope.tenantId else { return nil }
        return try take(1, of: limit, .requests, tenant, \.requests)
    }

    /// Counts jobs that are about to be submitted; refuses them when they are too many in a minute, or in all.
    func submit(_ count: Int, _ scope: Scope, in store: any JobStore) async throws {
        guard let tenant = scope.tenantId else { return }
        if let limit = quotas.queuedJobs {
            try await hold(Int64(count), to: Int64(limit), .queuedJobs, tenant, \.queued) {
                let counts = try await store.counts(by: .queue, projectId: nil, scope: .tenant(tenant))
                return counts.values.reduce(0) { $0 + Int64($1.queued) }
            }
        }
        if let limit = quotas.submitsPerMinute { _ = try take(count, of: limit, .submits, tenant, \.submits) }
    }

    /// Refuses an upload of so many bytes, 0 where the client did not say, when there would be too many; answers how
    /// many it may have, at most as many as it may for other reasons.
    func upload(_ size: Int64, limit: Int64, _ scope: Scope, in store: any UploadStore) async throws -> Int64 {
        guard let quota = quotas.uploadBytes, let tenant = scope.tenantId else { return limit }
        let used = try await hold(size, to: quota, .uploadBytes, tenant, \.uploads) {
            try await store.uploadedBytes(scope: .tenant(tenant))
        }
        return min(limit, quota - used)
    }

    private func take(
        _ count: Int,
        of limit: Int,
        _ policy: QuotaPolicy,
        _ tenant: Name,
        _ window: any WritableKeyPath<Use, RateWindow> & Sendable
    ) throws(Problem) -> RateReport {
        let now = clock.now().steady
        let (isTaken, after) = state.withLock { state in
            state.tidy(at: now)
            var use = state.uses[tenant] ?? Use()
            defer { state.uses[tenant] = use }
            return (use[keyPath: window].take(count, of: limit, at: now), use[keyPath: window])
        }
        let seconds = after.secondsLeft(at: now)
        let report = RateReport(policy: policy, limit: limit, left: max(0, limit - after.used), seconds: seconds)
        guard isTaken else {
            var problem = Problem.exceeded(policy, limit: limit, retryAfter: seconds)
            report.write(to: &problem.headers)
            throw problem
        }
        return report
    }

    /// Refuses so much more of something that is stored when there would be too much; answers how much there was.
    @discardableResult
    private func hold(
        _ more: Int64,
        to limit: Int64,
        _ policy: QuotaPolicy,
        _ tenant: Name,
        _ count: any WritableKeyPath<Use, Count?> & Sendable,
        _ read: () async throws -> Int64
    ) async throws -> Int64 {
        let now = clock.now().steady
        var known = state.withLock { $0.uses[tenant]?[keyPath: count] }
        if known.map({ now - $0.takenAt >= Self.countLifetime }) ?? true {
            known = Count(value: try await read(), takenAt: now)
        }
        guard let known, known.value + more <= limit else {
            throw Problem.exceeded(policy, limit: limit, retryAfter: 5)
        }
        state.withLock { state in
            state.tidy(at: now)
            state.uses[tenant, default: Use()][keyPath: count] =
                Count(value: known.value + more, takenAt: known.takenAt)
        }
        return known.value
    }
}
#endif
