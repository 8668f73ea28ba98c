#if Postgres
import Errand
import Synchronization

/// A claim of this process that waits for jobs; a submit of this process may serve it with its own commit.
final class WaitingClaim: Sendable {
    private enum State {
        case waiting
        /// A submit is about to serve it; somebody may wait to hear what came of that.
        case riding(CheckedContinuation<Claim?, Never>?)
        case served(Claim)
        case over
    }

    let request: ClaimRequest
    private let state = Mutex(State.waiting)

    init(_ request: ClaimRequest) { self.request = request }

    /// Begins to be served; false where it does not wait any more, or is being served.
    func ride() -> Bool {
        state.withLock { state in
            guard case .waiting = state else { return false }
            state = .riding(nil)
            return true
        }
    }

    /// Ends a ride: with what was claimed, or without anything where that was not to be.
    func arrive(with claim: Claim?) {
        let listener = state.withLock { state -> CheckedContinuation<Claim?, Never>? in
            guard case .riding(let listener) = state else { return nil }
            state = listener != nil ? .over : claim.map { .served($0) } ?? .waiting
            return listener
        }
        listener?.resume(returning: claim)
    }

    /// Ends the wait.
    ///
    /// - Returns: What a submit has claimed for it by then, if any did.
    func end() async -> Claim? {
        await withCheckedContinuation { continuation in
            let answer: Claim?? = state.withLock { state in
                switch state {
                case .served(let claim):
                    state = .over
                    return .some(claim)
                case .riding:
                    state = .riding(continuation)
                    return nil
                case .waiting, .over:
                    state = .over
                    return .some(nil)
                }
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }
}

/// The claims of this process that wait.
final class WaitingClaims: Sendable {
    private let claims = Mutex<[WaitingClaim]>([])

    func add(_ claim: WaitingClaim) { claims.withLock { $0.append(claim) } }

    func remove(_ claim: WaitingClaim) { claims.withLock { claims in claims.removeAll { $0 === claim } } }

    /// A claim that may take one of these jobs and meets a condition, and will be served.
    func rider(for jobs: some Sequence<NewJob>, where isWanted: (ClaimRequest) -> Bool) -> WaitingClaim? {
        claims.withLock { claims in
            claims.first { claim in
                jobs.contains { claim.request.mayTake($0) } && isWanted(claim.request) && claim.ride()
            }
        }
    }
}

extension ClaimRequest {
    fileprivate func mayTake(_ job: NewJob) -> Bool {
        types.contains(job.type) && queues?.contains(job.queue) != false && limit > 0
    }
}
#endif
