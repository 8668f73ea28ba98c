#if Server
import Errand
import FoundationEssentials

/// Renews the leases of a heartbeat, and ends the runs that have overstayed their deadline.
///
/// A run is over at its deadline, and has then as long as its type is given to stop: its lease is renewed until it has
/// stopped, so that no other attempt runs beside it, and not further. From the deadline on its worker is told to stop
/// it, as a cancelled one; what it says then is taken for the end of a run that timed out. The store holds the lease a
/// little longer than that: so a heartbeat that speaks of the run too late finds it there and makes it a timeout. Only
/// a worker that says nothing any more loses the run as one that died.
struct LeaseRenewals: Sendable {
    let services: APIServices
    let scope: Scope

    /// Answers in the order of the leases.
    func renew(_ leases: [HeartbeatRequest.Lease]) async throws -> [HeartbeatAnswer] {
        let now = services.now
        var answers = leases.map { HeartbeatAnswer(id: $0.id, fence: $0.fence, renewal: .lost, duration: .zero) }
        var byTerm: [Term: [(place: Int, lease: JobLease)]] = [:]
        for (place, held) in leases.enumerated() {
            guard let token = services.leases.decode(held.token, of: held.id, for: scope),
                token.lease.fence == held.fence, let term = try await term(of: token, at: now)
            else { continue }
            if term.told <= .zero {
                try await timeOut(token)
            } else {
                byTerm[term, default: []].append((place, token.lease))
            }
        }
        for (term, held) in byTerm {
            let renewals = try await services.stores.jobs.renew(held.map(\.lease), for: term.held)
            for (held, renewal) in zip(held, renewals) {
                answers[held.place].renewal = renewal == .renewed && term.isOver ? .cancelled : renewal
                answers[held.place].duration = term.told
            }
        }
        return answers
    }

    /// For how long a lease is renewed.
    private struct Term: Hashable {
        /// What the worker is told.
        var told: Duration
        /// For how long the store holds it.
        var held: Duration
        /// Whether the run has to stop by now.
        var isOver = false
    }

    /// - Returns: Nil when the job is gone.
    private func term(of token: LeaseToken, at now: Date) async throws -> Term? {
        let lease = services.options.workerLease
        guard let deadline = token.deadline else { return Term(told: lease, held: lease) }
        let left = Duration.milliseconds(deadline.milliseconds - now.milliseconds)
        if left > lease { return Term(told: lease, held: lease) }
        guard let job = try await job(of: token) else { return nil }
        let term = left + services.options.stopping.time(of: job.type)
        return Term(
            told: min(term, lease),
            held: min(term + services.options.deadlineGrace, lease),
            isOver: left <= .zero
        )
    }

    /// The job of a lease; nil when it is gone.
    private func job(of token: LeaseToken) async throws -> Job? {
        do throws(JobStoreError) {
            return try await services.stores.jobs.job(.id(token.lease.id), scope: scope)
        } catch {
            guard error.code == .notFound || error.code == .gone else { throw error }
            return nil
        }
    }

    /// Fails a run whose time to stop is over too, unless its worker has ended it meanwhile.
    private func timeOut(_ token: LeaseToken) async throws {
        // A job that is gone has no run to end.
        guard let job = try await job(of: token), job.isRun(of: token.lease) else { return }
        let outcome = services.timeout(of: job, token)
        _ = try await services.stores.jobs.settle([Settlement(lease: token.lease, outcome: outcome)])
    }
}

extension APIServices {
    /// How a run ends that took longer than its timeout.
    func timeout(of job: Job, _ token: LeaseToken) -> Settlement.Outcome {
        let failure = JobFailure(
            code: JobFailure.Code.timeout,
            message: "\(JobTimeoutError(seconds: job.timeoutSeconds ?? 0))"
        )
        return .fail(failure, retryAfter: FailRequest().delay(afterAttempt: token.attempt, random: random))
    }
}

extension Job {
    /// Whether a lease is that of its present run.
    func isRun(of lease: JobLease) -> Bool { fence == lease.fence && status == .running }
}
#endif
