import Logging

// Writing what runs report: at most once an interval for all of them, and never in the way of an end.
extension WorkerEngine {
    func flushReports() async {
        var last: Duration?
        var failures = 0
        while !Task.isCancelled {
            await reports.added.wait()
            // The first report after a pause goes at once. Cancelled only when every end is recorded.
            if let last { try? await timing.sleep(last + options.progressInterval) }
            last = timing.now()
            await flush(reports.takeAll(), failures: &failures)
        }
    }

    private func flush(_ runs: [JobRun], failures: inout Int) async {
        let sending = runs.compactMap { run in run.startSending().map { (run, $0) } }
        guard !sending.isEmpty else { return }
        do {
            let results = try await store.report(sending.map(\.1))
            for ((run, _), result) in zip(sending, results) {
                handOver(run.endSending().end, of: run)
                act(on: result, run)
            }
            failures = 0
        } catch {
            metrics.storeError("report", error)
            failures += 1
            if failures == 1 { logOutage(.warning, "Cannot write the progress of \(sending.count) jobs: \(error)") }
            // What the store refuses as such it would refuse again.
            let isWorthAnother = error.code == .unavailable || error.code == .full
            for (run, report) in sending {
                let (end, isListed) = run.endSending(unsent: isWorthAnother ? report : nil)
                handOver(end, of: run)
                if isListed { reports.add(run) }
            }
        }
    }

    private func handOver(_ end: Settlement?, of run: JobRun) {
        if let end { change { $0.add(WorkerState.End(run: run, settlement: end)) } }
    }

    private func act(on result: WriteResult, _ run: JobRun) {
        switch result {
        case .applied: break
        case .cancelled: revoke(run, .cancelled)
        case .fenced: revoke(run, .lost)
        }
    }

    /// Writes a report now; throws when the run is not the job's any more, or the store stays away till the lease ends.
    func write(_ report: RunReport, of run: JobRun) async throws {
        var failures = 0
        while true {
            do {
                let result = try await store.report([report]).first ?? .applied
                act(on: result, run)
                if result != .applied { throw CancellationError() }
                return
            } catch let error as JobStoreError {
                failures += 1
                metrics.storeError("report", error)
                let canRecover = error.code == .unavailable || error.code == .full
                guard canRecover, timing.now() < run.leaseEnd, !run.isRevoked else { throw error }
                try await timing.sleep(timing.now() + random.storeBackoff(attempt: failures))
            }
        }
    }
}
