import FoundationEssentials
import Logging
import Metrics

// Asking the store: every round records what has ended and claims what can start, in one call, so that a store needs
// one commit or one round trip for both. Whatever comes meanwhile waits for the next round, which makes the batches as
// large as the load needs, without a timer.
extension WorkerEngine {
    func pump() async {
        var failures = 0
        while let round = await nextRound() {
            if round.claimLimit == 0 {
                await settle(round.ends)
            } else {
                await exchange(round, failures: &failures)
            }
            change { $0.endSettling() }
        }
    }

    private func exchange(_ round: WorkerState.Round, failures: inout Int) async {
        let request = claimRequest(limit: round.claimLimit)
        let started = timing.now()
        let tracing = beginSpan()
        do {
            let exchange = try await store.settle(round.ends.map(\.settlement), thenClaim: request)
            tracing?.settled(round.ends, exchange.results)
            switch exchange.claim {
            case .success(let claim):
                tracing?.received(claim.jobs)
                claimed(claim, request, since: started, failures: &failures)
            case .failure(let error): claimFailed(error, failures: &failures)
            }
            switch exchange.results {
            case .success(let results): await settle(zip(round.ends, results).compactMap { record($1, of: $0) })
            case .failure(let error): await settle(round.ends, after: error)
            }
        } catch {
            tracing?.settled(round.ends, .failure(error))
            claimFailed(error, failures: &failures)
            await settle(round.ends, after: error)
        }
    }

    /// Notes that the store is asked now; nil where nobody traces.
    private func beginSpan() -> MessagingSpan.Beginning? { isTracing ? MessagingSpan.Beginning() : nil }

    private func claimRequest(limit: Int) -> ClaimRequest {
        var request = ClaimRequest(
            worker: workerId,
            queues: options.queues,
            types: takenTypes,
            limit: limit,
            lease: options.lease
        )
        request.runningJobsPerTenant = options.runningJobsPerTenant
        return request
    }

    private func claimed(_ claim: Claim, _ request: ClaimRequest, since started: Duration, failures: inout Int) {
        if failures > 0 { logOutage(.notice, "The store answers again", metadata: ["failures": "\(failures)"]) }
        failures = 0
        metrics.claimDuration.record(duration: timing.now() - started)
        take(claim, limit: request.limit, leaseEnd: started + options.lease)
    }

    private func claimFailed(_ error: JobStoreError, failures: inout Int) {
        failures += 1
        metrics.storeError("claim", error)
        if failures == 1 { logOutage(.error, "Cannot claim jobs: \(error); trying again") }
        change { $0.failClaim() }
        claimAlarm.set(timing.now() + random.storeBackoff(attempt: failures))
    }

    /// While the store has no jobs, lets a claim wait there for the next ones.
    func standBy() async {
        var failures = 0
        while let limit = await nextStandby() {
            let error = await waitToClaim(limit)
            if let error { claimFailed(error, failures: &failures) } else { failures = 0 }
        }
    }

    /// Claims as soon as there is something, or nothing once the wait is called off; returns why that failed.
    private func waitToClaim(_ limit: Int) async -> JobStoreError? {
        await withTaskGroup(of: JobStoreError?.self) { group in
            group.addTask(priority: .high) {
                let started = self.timing.now()
                let tracing = self.beginSpan()
                do throws(JobStoreError) {
                    let claim = try await self.store.claimWhenReady(self.claimRequest(limit: limit))
                    tracing?.received(claim.jobs)
                    // Here and not after the group: the first job starts that much sooner.
                    self.take(claim, limit: limit, leaseEnd: started + self.options.lease)
                    return nil
                } catch {
                    return error
                }
            }
            group.addTask {
                await self.standbyOver.wait()
                return nil
            }
            var failure: JobStoreError?
            for await error in group {
                group.cancelAll()
                failure = failure ?? error
            }
            return failure
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
        // A claim that waits is asked anew well before what it brought could be taken for a lost lease.
        let pause = min(claim.nextDue ?? options.pollInterval, options.pollInterval, options.lease / 4)
        claimAlarm.set(timing.now() + pause)
    }

    private func deliver(_ runs: [JobRun], limit: Int) {
        let (started, isStopping) = change { state in (state.add(runs, limit: limit), state.stage > .running) }
        for (idle, run) in started { idle.continuation.resume(returning: run) }
        // Claimed while the stop began: owed a release.
        if isStopping { release(change { $0.takeBuffer() }) }
    }

    /// Records ends, and asks again until every lease is over when the store cannot be reached.
    private func settle(_ ends: [WorkerState.End], after error: JobStoreError? = nil) async {
        var remaining = ends
        var failures = 0
        if let error, !ends.isEmpty {
            failures = 1
            metrics.storeError("settle", error)
            remaining = await afterFailure(error, remaining, failures)
        }
        while !remaining.isEmpty {
            let tracing = beginSpan()
            do {
                let results = try await store.settle(remaining.map(\.settlement))
                tracing?.settled(remaining, .success(results))
                remaining = zip(remaining, results).compactMap { record($1, of: $0) }
                failures = 0
            } catch {
                tracing?.settled(remaining, .failure(error))
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
            if status == .cancelled || status == .queued, end.settlement.outcome != .acknowledgeCancel {
                // A cancel came while the handler returned, and perhaps a retry: the run has really stopped.
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
        if error.isOfRequest {
            guard ends.count == 1 else { return await apart(ends) }
            guard error.code == .unavailable, failures < Self.triesAlone else {
                for end in ends { drop(end, error) }
                return []
            }
        }
        if failures == 1 { logOutage(.error, "Cannot record the end of \(ends.count) runs: \(error); trying again") }
        let isLast = stage == .stopping && failures > 1
        let now = timing.now()
        let over = ends.filter { isLast || $0.run.leaseEnd <= now }
        for end in over { drop(end, error) }
        // The pump's task is never cancelled, so the wait ends when the time has come.
        if over.count < ends.count { try? await timing.sleep(now + random.storeBackoff(attempt: failures)) }
        return ends.filter { end in !over.contains { $0.run === end.run } }
    }

    /// How often an end is tried that the store, which is there, does not record even alone: all others wait for it.
    private static let triesAlone = 3

    /// The store did not take the whole batch: halves it until the one at fault is alone, and records the others.
    private func apart(_ ends: [WorkerState.End]) async -> [WorkerState.End] {
        let middle = ends.count / 2
        for half in [ends[..<middle], ends[middle...]] { await settle(Array(half)) }
        return []
    }

    private func drop(_ end: WorkerState.End, _ error: JobStoreError) {
        logOutage(
            .error,
            "The end of a run could not be recorded; the job will run again: \(error)",
            metadata: ["job_id": "\(end.run.lease.id)", "fence": "\(end.run.lease.fence)"]
        )
        change { $0.close(1) }
    }
}
