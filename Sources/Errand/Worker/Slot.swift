import Synchronization

/// A place for one running handler: one task that takes job after job, until one of them has to be cancelled.
///
/// A task cannot be cancelled for a single job and used again, so the slot's task finishes that job and ends, and the
/// slot is opened anew; see ``WorkerEngine/keepSlotOpen()``.
final class Slot: Sendable {
    private struct State {
        var current: JobRun?
        var isRevoked = false
    }

    private let state = Mutex(State())
    private let revocation = Signal()

    /// The run whose handler the slot's task is in.
    var current: JobRun? { state.withLock { $0.current } }

    var isRevoked: Bool { state.withLock { $0.isRevoked } }

    func begin(_ run: JobRun) { state.withLock { $0.current = run } }

    /// Ends the current run; whether the task may take another.
    func end() -> Bool {
        state.withLock { state in
            state.current = nil
            return !state.isRevoked
        }
    }

    /// Has the task cancelled, if it is still in the run.
    func revoke(_ run: JobRun) {
        let isIn = state.withLock { state in
            guard state.current === run else { return false }
            state.isRevoked = true
            return true
        }
        if isIn { revocation.signal() }
    }

    /// Returns when the task should be cancelled.
    func waitForRevocation() async { await revocation.wait() }
}
