import Logging
import Synchronization

// Watching handlers that take too long, or go on after they were told to stop.
extension WorkerEngine {
    func watchDeadlines() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                // Throws only when the worker has stopped, which ends the loop.
                try? await deadlineAlarm.wait(timing)
                for (run, error) in passDeadlines() {
                    guard let reporter = options.errorReporter else { continue }
                    // In a task of its own: a slow reporter must not delay the next deadline.
                    group.addTask { await reporter(JobContext(run: run), error) }
                }
            }
        }
    }

    /// Acts on every deadline that has passed, and sets the alarm to the next; returns what is to be reported.
    private func passDeadlines() -> [(JobRun, any Error)] {
        let now = timing.now()
        var errors: [(JobRun, any Error)] = []
        for run in executing {
            guard let deadline = run.state.withLock({ $0.deadline }) else { continue }
            if deadline <= now {
                if let error = pass(run) { errors.append((run, error)) }
            } else {
                deadlineAlarm.set(deadline)
            }
        }
        return errors
    }

    private func pass(_ run: JobRun) -> (any Error)? {
        if let seconds = run.job.timeoutSeconds, revoke(run, .timeout) {
            // Recorded now, not when the handler returns: its user need not wait for one that ignores its cancellation.
            let outcome = run.handler.timeout(of: run.job, random: random)
            endEarly(run, outcome, thenWatchUntil: timing.now() + options.cancelPatience)
            return JobTimeoutError(seconds: seconds)
        }
        // Neither late nor told to stop: it has just ended.
        return run.isRevoked ? overrun(run) : nil
    }

    private func overrun(_ run: JobRun) -> any Error {
        let error = JobOverrunError(patience: options.cancelPatience)
        logger.warning(
            "\(error)",
            metadata: ["job_id": "\(run.lease.id)", "job_type": "\(run.job.type)", "fence": "\(run.lease.fence)"]
        )
        let isStopping = run.state.withLock { state in
            state.deadline = nil
            return state.revocation == .stopping
        }
        if isStopping { endEarly(run, .release(after: .zero)) }
        return error
    }
}
