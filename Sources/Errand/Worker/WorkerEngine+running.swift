import Synchronization

// Running handlers.
extension WorkerEngine {
    /// Keeps one slot open: a task that takes job after job, and a new one after each that had to be cancelled.
    func keepSlotOpen(_ index: Int) async {
        var isOpen = true
        while isOpen {
            let slot = Slot()
            change { $0.slots[index] = slot }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.takeJobs(in: slot) }
                group.addTask { await slot.waitForRevocation() }
                await group.next()
                group.cancelAll()
            }
            isOpen = slot.isRevoked
        }
    }

    private func takeJobs(in slot: Slot) async {
        while let run = await nextRun(for: slot) {
            await execute(run, in: slot)
            if !slot.end() { return }
        }
    }

    private func nextRun(for slot: Slot) async -> JobRun? {
        // Most jobs are there already under load; a continuation is made only to wait.
        if let run = change({ $0.next(for: slot) }) { return run }
        return await withCheckedContinuation { continuation in
            let answer: JobRun?? = change { state in
                if let run = state.next(for: slot) { return .some(run) }
                if state.stage > .running { return .some(nil) }
                state.wait(WorkerState.IdleSlot(slot: slot, continuation: continuation))
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func execute(_ run: JobRun, in slot: Slot) async {
        let started = timing.now()
        let deadline = run.job.timeoutSeconds.map { started + .seconds($0) }
        // Claimed ahead by a process that slept since: others run it by now, or will.
        if run.leaseEnd <= started { loseLease(run) }
        guard run.begin(in: slot, deadline: deadline) else {
            return finish(run, .failure(CancellationError()), after: nil)
        }
        if let deadline { deadlineAlarm.set(deadline) }
        let context = JobContext(run: run)
        let outcome: Result<JobResult, any Error>
        do {
            outcome = .success(try await perform(context))
        } catch {
            outcome = .failure(error)
        }
        let elapsed = timing.now() - started
        run.handler.metrics(for: run.job.queue).ran(elapsed)
        finish(run, outcome, after: elapsed)
        if case .failure(let error) = outcome { await report(error, of: context) }
    }

    private func perform(_ context: JobContext) async throws -> JobResult {
        guard isTracing else { return try await perform(context, from: 0) }
        return try await MessagingSpan.process(context) { try await self.perform(context, from: 0) }
    }

    private func perform(_ context: JobContext, from index: Int) async throws -> JobResult {
        guard index < options.middleware.count else { return try await context.run.handler.run(context) }
        return try await options.middleware[index].around(context) {
            try await perform(context, from: index + 1)
        }
    }

    /// Ends a run whose handler has returned.
    private func finish(_ run: JobRun, _ outcome: Result<JobResult, any Error>, after elapsed: Duration?) {
        guard let (revocation, followUps, files) = run.takeEnd() else {
            // Recorded when its time to stop was over; only the slot is still to be freed.
            return change { $0.endHandler(after: nil) }
        }
        guard revocation != .lost else {
            run.handler.metrics(for: run.job.queue).lost()
            return change { state in
                state.endHandler(after: nil)
                state.close(1)
            }
        }
        let decided = run.handler.end(of: run.job, outcome, revocation, files: files, random: random)
        let carries = decided.carriesFollowUps ? followUps : []
        let end = Settlement(lease: run.lease, outcome: decided, followUps: carries)
        let ready = run.complete(end)
        change { state in
            state.endHandler(after: elapsed)
            if let ready { state.add(WorkerState.End(run: run, settlement: ready)) }
        }
    }

    /// Records an end without a handler's: of a run that was not started, or whose handler ignores its timeout.
    func endEarly(_ run: JobRun, _ outcome: Settlement.Outcome) {
        guard run.takeEnd() != nil else { return }
        hand(over: run, outcome)
    }

    /// Gives back jobs that were not started.
    func release(_ runs: [JobRun]) {
        for run in runs { endEarly(run, .release(after: .zero)) }
    }

    private func hand(over run: JobRun, _ outcome: Settlement.Outcome) {
        guard let ready = run.complete(Settlement(lease: run.lease, outcome: outcome)) else { return }
        change { $0.add(WorkerState.End(run: run, settlement: ready)) }
    }

    private func report(_ error: any Error, of context: JobContext) async {
        guard let reporter = options.errorReporter, !context.run.isRevoked else { return }
        switch error {
        case is JobSleep: return
        case let error as JobError where error.isSnooze: return
        default: await reporter(context, error)
        }
    }
}
