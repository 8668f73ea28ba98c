import Logging
import Metrics
import Synchronization

/// One run of a worker: its state, and the tasks that work on it.
///
/// - The pump asks the store: it records ends and claims jobs, as many as there are, one round at a time.
/// - When the store has no more jobs, a claim waits there for the next.
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
    let workerId: Name
    let types: [Name: TypeHandler]
    /// The types it takes, sorted.
    let takenTypes: [Name]
    let metrics: WorkerMetrics
    let random: SharedRandom
    let identifiers = JobIDGenerator()
    let thread = ThreadExecutor(name: "errand-heartbeat")
    let reports = ReportList()
    let outages = OutageLog()
    /// When to look for jobs again without a wake-up.
    let claimAlarm = Alarm()
    /// When the next handler may have run for too long.
    let deadlineAlarm = Alarm()
    let stopRequested = Signal()
    /// Calls off the claim that waits in the store.
    let standbyOver = Signal()
    /// Whether anybody traces; asked once, so that jobs cost nothing when nobody does.
    let isTracing = MessagingSpan.isTracing
    /// Leases are renewed in steps from here on, however late the heartbeat's thread gets its first turn.
    let begun: Duration

    private let shared: ConvoyFreeLock<Shared>

    init(worker: Worker, workerId: Name) {
        store = worker.store
        handlers = worker.handlers
        options = worker.options
        timing = worker.timing
        begun = worker.timing.now()
        self.workerId = workerId
        types = worker.handlers.handlers.mapValues(TypeHandler.init)
        let wanted = worker.options.types
        takenTypes = worker.handlers.names.filter { wanted?.contains($0) ?? true }
        metrics = WorkerMetrics()
        random = SharedRandom(worker.options.random)
        let state = WorkerState(concurrency: options.concurrency, prefetchLimit: options.prefetchLimit)
        shared = ConvoyFreeLock(Shared(state: state))
    }

    var logger: Logger { options.logger }

    /// Logs what an outage of the store does to the worker, at most a line a second for each place.
    func logOutage(
        _ level: Logger.Level,
        _ message: @autoclosure () -> Logger.Message,
        metadata: @autoclosure () -> Logger.Metadata = [:],
        file: String = #fileID,
        line: UInt = #line
    ) {
        outages.log(message(), level, to: logger, metadata: metadata(), at: timing.now(), file: file, line: line)
    }

    var stage: WorkerState.Stage { shared.withLock { $0.state.stage } }

    /// How many slots run a handler.
    var activeCount: Int { shared.withLock { $0.state.active } }

    var held: [JobRun] { shared.withLock { $0.state.held } }

    /// The runs whose handlers are at work.
    var executing: [JobRun] { shared.withLock { $0.state.slots }.compactMap { $0?.current } }

    /// Changes the state, and lets the loops go on that there is reason for now.
    func change<Value: Sendable>(_ body: (inout WorkerState) -> sending Value) -> Value {
        let (value, loops) = shared.withLock { shared in (body(&shared.state), shared.takeReady()) }
        loops.resume()
        return value
    }

    /// Waits for something to ask the store; nil when the worker has stopped and everything is recorded.
    func nextRound() async -> WorkerState.Round? {
        await withCheckedContinuation { continuation in
            shared.withLock { shared in
                shared.pump = continuation
                return shared.takeReady()
            }.resume()
        }
    }

    /// Waits until the store has nothing to claim and jobs could run; nil when the worker stops.
    func nextStandby() async -> Int? {
        await withCheckedContinuation { continuation in
            shared.withLock { shared in
                shared.standby = continuation
                return shared.takeReady()
            }.resume()
        }
    }
}

/// The state, and the loops that wait for it to change.
private struct Shared {
    var state: WorkerState
    var pump: CheckedContinuation<WorkerState.Round?, Never>?
    var standby: CheckedContinuation<Int?, Never>?

    /// Takes out the loops that may go on, to be resumed outside the lock.
    mutating func takeReady() -> ReadyLoops {
        var ready = ReadyLoops()
        if let pump {
            let round = state.takeRound()
            if round != nil || state.isDrained {
                ready.pump = (pump, round)
                self.pump = nil
            }
        }
        if let standby {
            let limit = state.takeStandby()
            if limit != nil || state.stage > .running {
                ready.standby = (standby, limit)
                self.standby = nil
            }
        }
        return ready
    }
}

private struct ReadyLoops {
    var pump: (CheckedContinuation<WorkerState.Round?, Never>, WorkerState.Round?)?
    var standby: (CheckedContinuation<Int?, Never>, Int?)?

    func resume() {
        if let (pump, round) = pump { pump.resume(returning: round) }
        if let (standby, limit) = standby { standby.resume(returning: limit) }
    }
}

extension WorkerEngine {
    /// Works until stopped, and returns when every handler has returned and every end is recorded or given up.
    func run() async {
        let revocations = store.changes(.revocations)
        await withTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: thread) { await self.beat() }
            group.addTask { await self.listen(to: revocations) }
            group.addTask { await self.flushReports() }
            group.addTask { await self.wakeWhenDue() }
            group.addTask { await self.watchDeadlines() }
            group.addTask { await self.endGrace() }
            group.addTask { await self.upkeep.keep() }
            await runJobs()
            group.cancelAll()
        }
        await withdraw()
        thread.stop()
    }

    private var upkeep: StoreUpkeep {
        StoreUpkeep(store: store, options: options, timing: timing, metrics: metrics, outages: outages)
    }

    private func runJobs() async {
        await withTaskGroup(of: Void.self) { slots in
            for index in 0..<max(1, options.concurrency) { slots.addTask { await self.keepSlotOpen(index) } }
            // Slots with short jobs keep every thread of their priority busy; these must not queue up behind them.
            slots.addTask(priority: .high) { await self.standBy() }
            slots.addTask(priority: .high) { await self.pump() }
        }
    }

    /// Looks for jobs now, or as soon as a slot is free.
    func wake() {
        let isStandingBy = change { state in
            state.wake()
            return state.isStandingBy
        }
        if isStandingBy { standbyOver.signal() }
    }

    private func wakeWhenDue() async {
        while !Task.isCancelled {
            // Throws only when the worker has stopped, which ends the loop.
            try? await claimAlarm.wait(timing)
            wake()
        }
    }

    private func listen(to revocations: StoreChangeStream) async {
        for await change in revocations {
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
        let deadline = timing.now() + patience(with: run, reason)
        guard run.revoke(reason, reportAfter: deadline) else { return false }
        deadlineAlarm.set(deadline)
        if reason == .lost { metrics.leaseLost.increment() }
        return true
    }
}
