package import FoundationEssentials
import Metrics

/// The metrics of one type in one queue, made once.
package final class RunMetrics: Sendable {
    let queue: Name
    private let completed: Counter
    private let failed: Counter
    private let cancelled: Counter
    private let ok: Counter
    private let error: Counter
    private let timeout: Counter
    private let interrupted: Counter
    private let leaseLost: Counter
    private let duration: Metrics.Timer
    private let waiting: Metrics.Timer

    package init(type: Name, queue: Name) {
        self.queue = queue
        let labels = [("queue", queue.text), ("type", type.text)]
        func settled(_ outcome: String) -> Counter {
            Counter(label: "errand_settled_total", dimensions: labels + [("outcome", outcome)])
        }
        func attempts(_ result: String) -> Counter {
            Counter(label: "errand_attempts_total", dimensions: labels + [("result", result)])
        }
        (completed, failed, cancelled) = (settled("completed"), settled("failed"), settled("cancelled"))
        (ok, error, timeout) = (attempts("ok"), attempts("error"), attempts("timeout"))
        (interrupted, leaseLost) = (attempts("interrupted"), attempts("lease_lost"))
        duration = Metrics.Timer(label: "errand_run_duration_seconds", dimensions: labels)
        waiting = Metrics.Timer(label: "errand_wait_duration_seconds", dimensions: [("queue", queue.text)])
    }

    /// A run begins that was due so long ago.
    package func wait(_ seconds: TimeInterval) { waiting.recordNanoseconds(Int64(saturating: max(0, seconds) * 1e9)) }

    /// A handler took so long.
    package func ran(_ elapsed: Duration) { duration.record(duration: elapsed) }

    /// A run lost its lease.
    package func lost() { leaseLost.increment() }

    /// A run ended so, and left its job in that status.
    package func settled(_ outcome: Settlement.Outcome, _ status: JobStatus) {
        switch outcome {
        case .complete: ok.increment()
        case .fail(let failure, _) where failure.code == JobFailure.Code.timeout: timeout.increment()
        case .fail: error.increment()
        case .snooze, .release, .acknowledgeCancel: interrupted.increment()
        }
        switch status {
        case .completed: completed.increment()
        case .failed: failed.increment()
        case .cancelled: cancelled.increment()
        case .queued, .running: break
        }
    }
}

/// The metrics of the worker itself.
final class WorkerMetrics: Sendable {
    let claimDuration = Metrics.Timer(label: "errand_claim_duration_seconds")
    let leaseLost = Counter(label: "errand_lease_lost_total")
    let rescued = Counter(label: "errand_rescued_total")
    let fencedWrites = Counter(label: "errand_fenced_writes_total")
    let ignoredStops = Counter(label: "errand_ignored_stops_total")
    let heartbeatLag = Gauge(label: "errand_heartbeat_lag_seconds")

    func storeError(_ operation: String, _ error: JobStoreError) {
        Counter(label: "errand_store_errors_total", dimensions: [("op", operation), ("kind", error.code.rawValue)])
            .increment()
    }
}
