import Logging

// Stopping: soft, then hard. A claimed job is owed a run or a release, so nothing is ever dropped on the way.
extension WorkerEngine {
    /// Stops claiming, gives back what has not started, and lets running handlers go on for the grace period.
    func stopSoftly() {
        stop(.draining)
        stopRequested.signal()
    }

    /// Cancels every handler at once; what they leave is given back without being charged.
    func stopHard() {
        stop(.stopping)
        for run in executing { revoke(run, .stopping) }
    }

    private func stop(_ stage: WorkerState.Stage) {
        let (idle, unstarted) = change { $0.stop(stage) }
        for slot in idle { slot.continuation.resume(returning: nil) }
        standbyOver.signal()
        release(unstarted)
    }

    func endGrace() async {
        await stopRequested.wait()
        do {
            try await timing.sleep(timing.now() + options.grace)
        } catch {
            return  // Everything ended within the grace period.
        }
        stopHard()
    }
}
