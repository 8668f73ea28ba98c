import FoundationEssentials
import Logging
import Metrics

// Asking the store: every round records what has ended and claims what can start, both at once, so that a store that
// commits concurrent calls together does it in one commit. Whatever comes meanwhile waits for the next round, which
// makes the batches as large as the load needs, without a timer.
extension WorkerEngine {
    func pump() async {
        var failures = 0
        while let round = await nextRound() {
            async let settled: Void = settle(round.ends)
            if round.claimLimit > 0 { await claim(round.claimLimit, failures: &failures) }
            await settled
            change { $0.endSettling() }
        }
    }

    private func claim(_ limit: Int, failures: inout Int) async {
        let request = ClaimRequest(
            worker: workerId,
            queues: options.queues,
            types: handlers.names,
            limit: limit,
            lease: options.lease
        )
        let started = timing.now()
        do {
            let claim = try await store.claim(request)
            if failures > 0 { logger.notice("The store answers again", metadata: ["failures": "\(failures)"]) }
            failures = 0
            metrics.claimDuration.record(duration: timing.now() - started)
            take(claim, limit: limit, leaseEnd: started + options.lease)
        } catch {
            failures += 1
            metrics.storeError("claim", error)
            if failures == 1 { logger.error("Cannot claim jobs: \(error); trying again") }
            claimAlarm.set(timing.now() + random.storeBackoff(attempt: failures))
        }
    }

    private func take(_ claim: Claim, limit: Int, leaseEnd: Duration) {
        let now = timing.wall()
        var runs: [JobRun] = []
        runs.reserveCapacity(claim.jobs.count)
        for job in claim.jobs {
            let handler = types[job.type] ?? .unknown(job.type)
            handler.metrics(for: job.queue).wait(now.timeIntervalSince(job.runAt))
            runs.append(JobRun(job: job, handler: handler, engine: self, leaseEnd: leaseEnd))
        }
        deliver(runs, limit: limit)
        let pause = min(claim.nextDue ?? options.pollInterval, options.pollInterval)
        claimAlarm.set(timing.now() + pause)
    }

    private func deliver(_ runs: [JobRun], limit: Int) {
        let (started, isStopping) = change { state in (state.add(runs, limit: limit), state.stage > .running) }
        for (idle, run) in started { idle.continuation.resume(returning: run) }
        // Claimed while the stop began: owed a release.
        if isStopping { release(change { $0.takeBuffer() }) }
    }

    /// Records ends, and asks again until every lease is over when the store cannot be reached.
    private func settle(_ ends: [WorkerState.End]) async {
        var remaining = ends
        var failures = 0
        while !remaining.isEmpty {
            do {
                let results = try await store.settle(remaining.map(\.settlement))
                remaining = zip(remaining, results).compactMap { record($1, of: $0) }
                failures = 0
            } catch {
                failures += 1
                metrics.storeError("settle", error)
                remaining = await afterFailure(error, remaining, failures)
            }
        }
    }

    /// Notes what became of an end; returns what is to be recorded instead, if anything.
    private func record(_ result: SettleResult, of end: WorkerState.End) -> WorkerState.End? {
        let job = end.run.job
        switch result {
        case .applied(let status):
            end.run.handler.metrics(for: job.queue).settled(end.settlement.outcome, status)
        case .fenced(let status):
            metrics.fencedWrites.increment()
            if status == .cancelled, end.settlement.outcome != .acknowledgeCancel {
                // The cancel came while the handler returned: it has really stopped.
                return WorkerState.End(
                    run: end.run,
                    settlement: Settlement(lease: end.run.lease, outcome: .acknowledgeCancel)
                )
            }
            if end.settlement.outcome != .acknowledgeCancel {
                logger.warning(
                    "The end of a run was refused: the job is not this worker's any more",
                    metadata: ["job_id": "\(job.lease.id)", "fence": "\(job.lease.fence)"]
                )
            }
        case .refused(let error):
            let outcome = end.run.handler.refused(error, attempt: job.attempt, random: random)
            return WorkerState.End(run: end.run, settlement: Settlement(lease: end.run.lease, outcome: outcome))
        }
        change { $0.close(1) }
        return nil
    }

    /// Waits before the next try; drops the ends whose lease is over, and at a hard stop all of them after one more.
    private func afterFailure(
        _ error: JobStoreError,
        _ ends: [WorkerState.End],
        _ failures: Int
    ) async -> [WorkerState.End] {
        guard error.code == .unavailable || error.code == .full else { return await singly(ends, error) }
        if failures == 1 { logger.error("Cannot record the end of \(ends.count) runs: \(error); trying again") }
        let isLast = stage == .stopping && failures > 1
        let now = timing.now()
        let over = ends.filter { isLast || $0.run.leaseEnd <= now }
        for end in over { drop(end, error) }
        // The pump's task is never cancelled, so the wait ends when the time has come.
        if over.count < ends.count { try? await timing.sleep(now + random.storeBackoff(attempt: failures)) }
        return ends.filter { end in !over.contains { $0.run === end.run } }
    }

    /// The store refused the whole batch: finds the one it refuses, and records the others.
    private func singly(_ ends: [WorkerState.End], _ error: JobStoreError) async -> [WorkerState.End] {
        guard ends.count > 1 else {
            for end in ends { drop(end, error) }
            return []
        }
        for end in ends { await settle([end]) }
        return []
    }

    private func drop(_ end: WorkerState.End, _ error: JobStoreError) {
        logger.error(
            "The end of a run could not be recorded; the job will run again: \(error)",
            metadata: ["job_id": "\(end.run.lease.id)", "fence": "\(end.run.lease.fence)"]
        )
        change { $0.close(1) }
    }
}
