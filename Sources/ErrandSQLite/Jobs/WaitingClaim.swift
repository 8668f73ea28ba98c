import Errand
import Synchronization

/// A claim that waits, if need be, for something to claim.
///
/// `@unchecked`: `outcome` and `due` are used by the writer thread alone; the rest is constant or has a lock.
final class WaitingClaim: PendingWrite, @unchecked Sendable {
    typealias Continuation = UnsafeContinuation<Result<Claim, JobStoreError>, Never>

    let request: ClaimRequest
    /// What the claim brought; nil while it waits.
    var outcome: Result<Claim, JobStoreError>?
    /// When time alone may bring something, as far as the caller knows; milliseconds since 1970.
    private var due = Int64.max
    private let caller = Mutex<(continuation: Continuation?, isCancelled: Bool)>((nil, false))

    init(_ request: ClaimRequest) { self.request = request }

    /// Who waits for the answer; to be called before the claim is enqueued.
    func answer(to continuation: Continuation) { caller.withLock { $0.continuation = continuation } }

    /// Notes that the caller waits no more, for the case that the writer has not seen the claim yet.
    func cancel() { caller.withLock { $0.isCancelled = true } }

    func perform(on session: SQLiteSession) -> JobStoreError? {
        do throws(JobStoreError) {
            let claim = try session.claim(request)
            if claim.jobs.isEmpty, !caller.withLock({ $0.isCancelled }) {
                due = session.due(in: claim)
                session.wait(self)
            } else {
                outcome = .success(claim)
            }
            return nil
        } catch {
            outcome = .failure(error)
            return error
        }
    }

    /// Tries again within a transaction that made something claimable, or due sooner than the caller knows.
    func retry(on session: SQLiteSession) throws(JobStoreError) {
        let claim = try session.claim(request)
        // A window's end is on the steady clock, and two readings of both clocks are not wholly alike.
        if !claim.jobs.isEmpty || session.due(in: claim) < due - 2 { outcome = .success(claim) }
    }

    func finish(_ commitError: JobStoreError?) {
        if let commitError { return resume(.failure(commitError)) }
        if let outcome { resume(outcome) }
    }

    func resume(_ result: Result<Claim, JobStoreError>) {
        let continuation = caller.withLock { caller in
            defer { caller.continuation = nil }
            return caller.continuation
        }
        continuation?.resume(returning: result)
    }

    /// Whether the caller has its answer.
    var isAnswered: Bool { caller.withLock { $0.continuation == nil } }
}

/// Ends a claim's wait whose caller waits no more.
final class EndOfWait: PendingWrite {
    private let claim: WaitingClaim

    init(_ claim: WaitingClaim) { self.claim = claim }

    func perform(on session: SQLiteSession) -> JobStoreError? {
        // Else it is answered already, or will see that it is cancelled.
        if session.stopWaiting(claim) { claim.resume(.success(Claim(jobs: [], nextDue: nil))) }
        return nil
    }

    func finish(_ commitError: JobStoreError?) {}
}

extension SQLiteSession {
    func due(in claim: Claim) -> Int64 { claim.nextDue.map { time.wall.later(by: $0).milliseconds } ?? .max }
}
