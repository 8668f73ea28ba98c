#if Server
public import Errand
import Logging
public import ServiceLifecycle

/// Delivers webhooks until told to stop: a worker for the jobs that deliveries are.
///
/// Any number of processes may run one; a delivery that one of them was at when it died is made by another.
public struct WebhookService: Service {
    /// How many deliveries are under way at once in a process; they wait for others nearly all of their time.
    private static let concurrency = 32

    private let worker: Worker

    /// Creates the service; it starts with ``run()``.
    ///
    /// - Parameters:
    ///   - store: Where jobs and webhooks are.
    ///   - outbound: Decides where may be sent to.
    ///   - options: The lease, heartbeat, grace (5 s at most) and logger of a worker; what else they say is not used.
    ///   - clock: Tells the time.
    public init(
        store: some JobStore & WebhookStore,
        outbound: OutboundGuard,
        options: WorkerOptions,
        clock: any JobClock = SystemJobClock()
    ) {
        let deliverer = WebhookDeliverer(
            webhooks: store,
            outbound: outbound,
            clock: clock,
            random: RandomSource(options.random),
            logger: options.logger
        )
        worker = Self.worker(store: store, deliverer: deliverer, options: options)
    }

    /// Delivers until a graceful shutdown or the task's cancellation.
    public func run() async throws { try await worker.run() }

    private static func worker(store: any JobStore, deliverer: WebhookDeliverer, options: WorkerOptions) -> Worker {
        var handlers = JobHandlers()
        handlers.register(raw: WebhookDelivery.type, retry: schedule) { try await deliverer.run($0) }
        var chosen = WorkerOptions(queues: [WebhookDelivery.queue], concurrency: Self.concurrency)
        (chosen.lease, chosen.heartbeat) = (options.lease, options.heartbeat)
        // Most are done by then; what a slow receiver is told twice it knows by the id.
        chosen.grace = min(options.grace, .seconds(5))
        (chosen.logger, chosen.random, chosen.version) = (options.logger, options.random, options.version)
        // The process's own worker does that, or its upkeep.
        (chosen.reapInterval, chosen.pruneInterval) = (nil, nil)
        // Wake-ups and due times say when to look; this is for those that got lost.
        chosen.pollInterval = .seconds(30)
        chosen.isListed = false
        return Worker(store: store, handlers: handlers, options: chosen)
    }

    /// For what the deliverer did not expect, such as a store that cannot be reached.
    private static let schedule = RetryPolicy(maxAttempts: WebhookDelivery.schedule.count + 1) { attempt, _, _ in
        let schedule = WebhookDelivery.schedule
        return schedule[min(max(attempt, 1), schedule.count) - 1]
    }
}
#endif
