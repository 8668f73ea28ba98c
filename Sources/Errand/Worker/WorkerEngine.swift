import Logging
import Metrics
import Synchronization

/// One run of a worker: its state, and the tasks that work on it.
///
/// - The pump asks the store: it records ends and claims jobs, as many as there are, one round at a time.
/// - Slots run handlers, each in a task that takes job after job from what was claimed.
/// - The heartbeat renews all leases from a thread of its own.
/// - The rest waits for changes, flushes reports, watches deadlines, reaps and prunes.
///
/// State that every job touches is behind one mutex, held for a few instructions, instead of an actor, which would
/// cost two hops for every job.
final class WorkerEngine: Sendable {
    let store: any JobStore
    let handlers: JobHandlers
    let options: WorkerOptions
    let timing: WorkerTiming
    let workerId: String
    let types: [String: TypeHandler]
    let metrics: WorkerMetrics
    let random: SharedRandom
    let identifiers = JobIDGenerator()
    let thread = ThreadExecutor(name: "errand-heartbeat")
    let reports = ReportList()
    /// When to look for jobs again without a wake-up.
    let claimAlarm = Alarm()
    /// When the next handler may have run for too long.
    let deadlineAlarm = Alarm()
    let stopRequested = Signal()
    let isTracing = JobSpan.isTracing

    private typealias Pump = CheckedContinuation<WorkerState.Round?, Never>

    private struct Shared {
        var state: WorkerState
        /// Set while the pump has nothing to do.
        var pump: Pump?
    }

    private let shared: Mutex<Shared>

    init(worker: Worker, workerId: String) {
        store = worker.store
        handlers = worker.handlers
        options = worker.options
        timing = worker.timing
        self.workerId = workerId
        types = worker.handlers.handlers.mapValues(TypeHandler.init)
        metrics = WorkerMetrics()
        random = SharedRandom(worker.options.random)
        let limit = worker.options.prefetchLimit
        shared = Mutex(Shared(state: WorkerState(concurrency: worker.options.concurrency, prefetchLimit: limit)))
    }

    var logger: Logger { options.logger }

    var stage: WorkerState.Stage { shared.withLock { $0.state.stage } }

    var held: [JobRun] { shared.withLock { $0.state.held } }

    /// The runs whose handlers are at work.
    var executing: [JobRun] { shared.withLock { $0.state.slots }.compactMap { $0?.current } }

    /// Changes the state, and starts a round of the pump when there is reason for one now.
    func change<Value: Sendable>(_ body: (inout WorkerState) -> sending Value) -> Value {
        let (value, pump, round) = shared.withLock { shared in
            let value = body(&shared.state)
            guard let pump = shared.pump else { return (value, nil as Pump?, nil as WorkerState.Round?) }
            let round = shared.state.takeRound()
            guard round != nil || shared.state.isDrained else { return (value, nil, nil) }
            shared.pump = nil
            return (value, pump, round)
        }
        pump?.resume(returning: round)
        return value
    }

    /// Waits for something to ask the store; nil when the worker has stopped and everything is recorded.
    func nextRound() async -> WorkerState.Round? {
        await withCheckedContinuation { continuation in
            let answer: WorkerState.Round?? = shared.withLock { shared in
                if let round = shared.state.takeRound() { return .some(round) }
                if shared.state.isDrained { return .some(nil) }
                shared.pump = continuation
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }
}

extension WorkerEngine {
    /// Works until stopped, and returns when every handler has returned and every end is recorded or given up.
    func run() async {
        // Subscribed before the first claim: what is submitted after it wakes the worker.
        let changes = store.changes([.wakeUps, .revocations])
        await withTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: thread) { await self.beat() }
            group.addTask { await self.listen(to: changes) }
            group.addTask { await self.flushReports() }
            group.addTask { await self.wakeWhenDue() }
            group.addTask { await self.watchDeadlines() }
            group.addTask { await self.endGrace() }
            group.addTask { await self.reap() }
            group.addTask { await self.prune() }
            await runJobs()
            group.cancelAll()
        }
        thread.stop()
    }

    private func runJobs() async {
        await withTaskGroup(of: Void.self) { slots in
            for index in 0..<max(1, options.concurrency) { slots.addTask { await self.keepSlotOpen(index) } }
            await pump()
        }
    }

    /// Looks for jobs now, or as soon as a slot is free.
    func wake() { change { $0.wake() } }

    private func wakeWhenDue() async {
        while !Task.isCancelled {
            // Throws only when the worker has stopped, which ends the loop.
            try? await claimAlarm.wait(timing)
            wake()
        }
    }

    private func listen(to changes: StoreChangeStream) async {
        for await change in changes {
            if let queues = options.queues {
                if !change.queues.isDisjoint(with: queues) { wake() }
            } else if !change.queues.isEmpty {
                wake()
            }
            for lease in change.revoked { revoke(lease) }
        }
    }

    private func revoke(_ lease: JobLease) {
        for run in held where run.lease.number == lease.number && run.lease.fence == lease.fence {
            revoke(run, .cancelled)
        }
    }

    /// Tells a run to stop; once it has ended, or was told before, nothing happens.
    @discardableResult
    func revoke(_ run: JobRun, _ reason: JobRun.Revocation) -> Bool {
        let deadline = timing.now() + options.cancelPatience
        guard run.revoke(reason, reportAfter: deadline) else { return false }
        deadlineAlarm.set(deadline)
        if reason == .lost { metrics.leaseLost.increment() }
        return true
    }
}
