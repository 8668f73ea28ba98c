import Logging
import Metrics

// The heartbeat. It runs on a thread of its own and waits there, so handlers that keep every thread of the global pool
// busy cannot starve it: their leases hold as long as the process lives.
extension WorkerEngine {
    func beat() async {
        var due = timing.now() + options.heartbeat
        while !Task.isCancelled {
            // Throws only when the worker has stopped, which ends the loop.
            try? await sleepOnThread(until: due)
            if Task.isCancelled { return }
            let now = timing.now()
            metrics.heartbeatLag.record(max(Duration.zero, now - due).seconds)
            due = now + options.heartbeat
            await renewLeases()
        }
    }

    private func sleepOnThread(until time: Duration) async throws {
        guard timing.isSystem else { return try await timing.sleep(time) }
        try await thread.sleep(for: time - timing.now())
    }

    private func renewLeases() async {
        let runs = held
        guard !runs.isEmpty else { return }
        let started = timing.now()
        do {
            let renewals = try await store.renew(runs.map(\.lease), for: options.lease)
            for (run, renewal) in zip(runs, renewals) {
                switch renewal {
                case .renewed: run.renewed(until: started + options.lease)
                case .cancelled: revoke(run, .cancelled)
                case .lost: loseLease(run)
                }
            }
        } catch {
            metrics.storeError("renew", error)
            logOutage(.error, "Cannot renew \(runs.count) leases: \(error)")
            for run in runs where run.leaseEnd <= timing.now() { loseLease(run) }
        }
    }

    private func loseLease(_ run: JobRun) {
        guard revoke(run, .lost) else { return }
        logOutage(
            .warning,
            "A run lost its lease and is stopped; the job runs again elsewhere",
            metadata: ["job_id": "\(run.lease.id)", "fence": "\(run.lease.fence)"]
        )
    }
}
