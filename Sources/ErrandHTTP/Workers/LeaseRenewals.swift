#if Server
import Errand
import FoundationEssentials

/// Renews the leases of a heartbeat, and ends the runs that have overstayed their deadline.
///
/// A worker is told that its lease ends with the deadline at the latest. The store holds it a little longer: so its
/// word that the run timed out still arrives, and a heartbeat that speaks of the run after its deadline finds it there
/// and makes it a timeout. Only a worker that says nothing any more loses the run as one that died.
struct LeaseRenewals: Sendable {
    let services: APIServices
    let scope: Scope

    /// Answers in the order of the leases.
    func renew(_ leases: [HeartbeatRequest.Lease]) async throws -> [HeartbeatAnswer] {
        let now = services.now
        var answers = leases.map { HeartbeatAnswer(id: $0.id, fence: $0.fence, renewal: .lost, duration: .zero) }
        var byDuration: [Duration: [(place: Int, lease: JobLease)]] = [:]
        for (place, held) in leases.enumerated() {
            guard let token = services.leases.decode(held.token, of: held.id, for: scope),
                token.lease.fence == held.fence
            else { continue }
            let left = token.deadline.map { Duration.milliseconds($0.milliseconds - now.milliseconds) }
            if let left, left <= .zero {
                try await timeOut(token)
            } else {
                byDuration[left ?? services.options.workerLease, default: []].append((place, token.lease))
            }
        }
        for (left, held) in byDuration {
            let lease = services.options.workerLease
            let duration = min(left + services.options.deadlineGrace, lease)
            let renewals = try await services.stores.jobs.renew(held.map(\.lease), for: duration)
            for (held, renewal) in zip(held, renewals) {
                answers[held.place].renewal = renewal
                answers[held.place].duration = min(left, lease)
            }
        }
        return answers
    }

    /// Fails a run that is past its deadline, unless its worker has ended it meanwhile.
    private func timeOut(_ token: LeaseToken) async throws {
        let job: Job
        do throws(JobStoreError) {
            job = try await services.stores.jobs.job(.id(token.lease.id), scope: scope)
        } catch {
            // A job that is gone has no run to end.
            guard error.code == .notFound || error.code == .gone else { throw error }
            return
        }
        guard job.fence == token.lease.fence, job.status == .running else { return }
        let failure = JobFailure(
            code: JobFailure.Code.timeout,
            message: "\(JobTimeoutError(seconds: job.timeoutSeconds ?? 0))"
        )
        let delay = FailRequest().delay(afterAttempt: token.attempt, random: services.random)
        _ = try await services.stores.jobs.settle([
            Settlement(lease: token.lease, outcome: .fail(failure, retryAfter: delay))
        ])
    }
}
#endif
