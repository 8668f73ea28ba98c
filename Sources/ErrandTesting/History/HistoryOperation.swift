import Errand
import FoundationEssentials

/// One step of a history.
enum HistoryOperation: Sendable {
    case submit([NewJob], Scope)
    case claim(ClaimRequest)
    case renew([JobLease], Duration)
    case report([RunReport])
    case settle([Settlement])
    case update(JobReference, TrackedUpdate, Scope)
    case cancel(JobReference, reason: String?, Scope)
    case retry(JobReference, runAt: Moment?, together: Set<JobID>, Scope)
    case amend(JobReference, JobAmendment, Scope)
    case delete(JobReference, Scope)
    case read(JobReference, Scope)
    case configure(Name, QueueChange)
    case reap(limit: Int)
    case prune(limit: Int)
    case advance(Duration)
    case jumpWall(Duration)

    /// Moves the clock, where the step is that.
    func move(_ clock: ManualClock) {
        switch self {
        case .advance(let duration): clock.advance(by: duration)
        case .jumpWall(let duration): clock.jumpWall(by: duration)
        default: break
        }
    }

    /// Takes the step on a store; a clock's step is nothing to it.
    func perform(on store: any JobStore) async -> HistoryAnswer {
        do throws(JobStoreError) {
            return try await answer(of: store)
        } catch {
            return HistoryAnswer(error)
        }
    }

    private func answer(of store: any JobStore) async throws(JobStoreError) -> HistoryAnswer {
        switch self {
        case .submit(let jobs, let scope):
            .inserted(try await store.insert(jobs, scope: scope).map(HistoryAnswer.Inserted.init))
        case .claim(let request): HistoryAnswer(try await store.claim(request))
        case .renew(let leases, let duration): .renewed(try await store.renew(leases, for: duration))
        case .report(let reports): .reported(try await store.report(reports))
        case .settle(let settlements):
            .settled(try await store.settle(settlements).map(HistoryAnswer.Settled.init))
        case .configure(let queue, let change):
            try await done { () async throws(JobStoreError) in
                try await store.configure(queue: queue, change)
            }
        case .reap(let limit): .count(try await store.reap(limit: limit))
        case .prune(let limit): HistoryAnswer(try await store.prune(limit: limit, deletedFiles: []))
        case .advance, .jumpWall: .done
        default: try await answerAboutOne(of: store)
        }
    }

    private func answerAboutOne(of store: any JobStore) async throws(JobStoreError) -> HistoryAnswer {
        switch self {
        case .update(let job, let update, let scope):
            .job(try await store.update(job, with: update, scope: scope).comparable)
        case .cancel(let job, let reason, let scope):
            .job(try await store.cancel(job, reason: reason, scope: scope).comparable)
        case .retry(let job, let runAt, let together, let scope):
            .job(
                try await store.retry(job, runAt: runAt, ifRev: nil, together: together, scope: scope).comparable
            )
        case .amend(let job, let amendment, let scope):
            .job(try await store.amend(job, with: amendment, ifRev: nil, scope: scope).comparable)
        case .read(let job, let scope): .job(try await store.job(job, scope: scope).comparable)
        case .delete(let job, let scope):
            try await done { () async throws(JobStoreError) in
                try await store.delete(job, scope: scope)
            }
        default: .done
        }
    }

    private func done(_ body: () async throws(JobStoreError) -> Void) async throws(JobStoreError) -> HistoryAnswer {
        try await body()
        return .done
    }
}

extension HistoryOperation {
    /// The step's name in the coverage.
    var name: String {
        switch self {
        case .submit: "submit"
        case .claim: "claim"
        case .renew: "renew"
        case .report: "report"
        case .settle: "settle"
        case .update: "update"
        case .cancel: "cancel"
        case .retry: "retry"
        case .amend: "amend"
        case .delete: "delete"
        case .read: "read"
        case .configure: "configure"
        case .reap: "reap"
        case .prune: "prune"
        case .advance: "advance"
        case .jumpWall: "jumpWall"
        }
    }
}
