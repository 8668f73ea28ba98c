import Logging
import Metrics
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
        // The run goes on to hold its job until the handler has returned: another attempt must not run beside it.
        if let seconds = run.job.timeoutSeconds, revoke(run, .timeout) { return JobTimeoutError(seconds: seconds) }
        // Neither late nor told to stop: it has just ended.
        return run.isRevoked ? overrun(run) : nil
    }

    /// Reports a handler that goes on although it was told to stop long ago.
    private func overrun(_ run: JobRun) -> any Error {
        let revocation = run.state.withLock { state in
            state.deadline = nil
            return state.revocation
        }
        let error = JobOverrunError(patience: patience(with: run, revocation))
        metrics.ignoredStops.increment()
        logger.warning(
            "\(error)",
            metadata: ["job_id": "\(run.lease.id)", "job_type": "\(run.job.type)", "fence": "\(run.lease.fence)"]
        )
        // The job need not wait any longer; what the handler still writes is refused.
        if revocation == .timeout { endEarly(run, run.handler.timeout(of: run.job, random: random)) }
        return error
    }

    /// For how long a handler may go on after it was told to stop.
    func patience(with run: JobRun, _ revocation: JobRun.Revocation?) -> Duration {
        switch revocation {
        case .cancelled, .timeout: options.stopping.time(of: run.job.type)
        case .lost, .stopping, nil: options.cancelPatience
        }
    }
}
