import Synchronization

/// One run of a job in this worker, from its claim to its recorded end.
final class JobRun: Sendable {
    /// Why a run should stop before its handler is done.
    enum Revocation: String, Sendable {
        /// Somebody cancelled the job.
        case cancelled
        /// The lease is over; another worker may have the job.
        case lost
        /// It took longer than its timeout.
        case timeout
        /// The worker stops.
        case stopping
    }

    struct State {
        var revocation: Revocation?
        /// The end was handed over for recording, or there is none to record.
        var isSettled = false
        var slot: Slot?
        var leaseEnd: Duration
        /// When to look whether the handler took too long, or ignores its cancellation.
        var deadline: Duration?
        var checkpoint: JSONText?
        var unsent: RunReport?
        var isListed = false
        var sending: Sending?
        var lineCount = 0
        var followUps: [NewJob] = []
        var files: [JobFile] = []
    }

    /// A report on its way to the store, and the end that waits for it when the report has log lines.
    struct Sending {
        var hasLines: Bool
        var heldEnd: Settlement?
    }

    let job: ClaimedJob
    let handler: TypeHandler
    let engine: WorkerEngine
    let state: Mutex<State>

    init(job: ClaimedJob, handler: TypeHandler, engine: WorkerEngine, leaseEnd: Duration) {
        self.job = job
        self.handler = handler
        self.engine = engine
        state = Mutex(State(leaseEnd: leaseEnd, checkpoint: job.checkpoint))
    }

    var lease: JobLease { job.lease }
    var revocation: Revocation? { state.withLock { $0.revocation } }
    var isRevoked: Bool { revocation != nil }
    var isSettled: Bool { state.withLock { $0.isSettled } }
    var leaseEnd: Duration { state.withLock { $0.leaseEnd } }
    var checkpoint: JSONText? { state.withLock { $0.checkpoint } }

    func renewed(until leaseEnd: Duration) { state.withLock { $0.leaseEnd = leaseEnd } }

    func remember(checkpoint: JSONText) { state.withLock { $0.checkpoint = checkpoint } }

    func follow(with job: NewJob) { state.withLock { $0.followUps.append(job) } }

    func attach(_ file: JobFile) { state.withLock { $0.files.append(file) } }

    /// Notes that the handler starts; false when the run was revoked before.
    func begin(in slot: Slot, deadline: Duration?) -> Bool {
        state.withLock { state in
            guard state.revocation == nil else { return false }
            state.slot = slot
            state.deadline = deadline
            return true
        }
    }

    /// Tells the run to stop, once; false when it has ended or was told before.
    func revoke(_ reason: Revocation, reportAfter deadline: Duration) -> Bool {
        let slot: Slot?? = state.withLock { state in
            guard state.revocation == nil, !state.isSettled else { return nil }
            state.revocation = reason
            if state.slot != nil { state.deadline = deadline }
            return .some(state.slot)
        }
        guard let slot else { return false }
        slot?.revoke(self)
        return true
    }

    /// Takes the right to record the end; nil when it was taken before.
    ///
    /// - Returns: What belongs to the end.
    func takeEnd() -> (revocation: Revocation?, followUps: [NewJob], files: [JobFile])? {
        state.withLock { state in
            state.deadline = nil
            guard !state.isSettled else { return nil }
            state.isSettled = true
            return (state.revocation, state.followUps, state.files)
        }
    }
}
