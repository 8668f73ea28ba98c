import FoundationEssentials
public import Logging

/// How a worker works; every default suits a start.
public struct WorkerOptions: Sendable {
    /// The queues to take jobs from; nil is all.
    public var queues: [Name]?
    /// The types to take among those the worker knows; nil is all.
    public var types: [Name]?
    /// How many jobs run at once in this process.
    public var concurrency: Int
    /// How many jobs of one tenant may run at once, counted over all workers; nil is any number.
    ///
    /// All workers of a store should have the same.
    public var runningJobsPerTenant: Int?
    /// For how long a claim holds without a renewal; the time after which a dead worker's jobs run elsewhere.
    public var lease: Duration = .seconds(30)
    /// How often all leases are renewed.
    public var heartbeat: Duration = .seconds(5)
    /// How often jobs of dead workers are taken back; nil leaves that to other processes.
    public var reapInterval: Duration? = .seconds(5)
    /// How often expired records and their files are deleted; nil leaves that to other processes.
    public var pruneInterval: Duration? = .seconds(60)
    /// The shortest time between two writes of progress, for all running jobs together.
    public var progressInterval: Duration = .milliseconds(100)
    /// How long running jobs may go on after a graceful shutdown began.
    public var grace: Duration = .seconds(30)
    /// How long runs may take to stop that were cancelled, or took longer than their timeout.
    ///
    /// So long they keep their job from running again; then it is free, and a handler that still runs is reported.
    /// ``JobRules/stopping`` of the store should be the same.
    public var stopping = StoppingTimes()
    /// How long a handler may take to return, once the worker stops or its lease was lost, before it is reported.
    public var cancelPatience: Duration = .seconds(1)
    /// How often to look for jobs when no wake-up comes.
    public var pollInterval: Duration = .seconds(5)
    /// How many jobs may be claimed ahead of the slots while runs are short; 0 claims only what can run at once.
    public var prefetchLimit = 2048
    /// Goes around every run, the first outermost.
    public var middleware: [any JobMiddleware] = []
    /// Hears of every error that fails a run.
    public var errorReporter: JobErrorReporter?
    /// Where files are whose records expire; nil leaves deleting them to other processes.
    public var objectStore: (any ObjectStore)?
    /// Where the worker and its jobs log.
    public var logger = Logger(label: "errand.worker")
    /// The worker's identifier; random for every start when nil.
    public var workerId: Name?
    /// Where the worker runs, as those who list workers read it; `host:pid` when nil.
    public var name: String?
    /// The version of the program, for the same readers.
    public var version: String?
    /// Whether those who list workers see it.
    package var isListed = true
    /// Where jitter comes from.
    public var random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()

    /// Creates options.
    ///
    /// - Parameters:
    ///   - queues: The queues to take jobs from; nil is all.
    ///   - concurrency: How many jobs run at once; 10 for every core when nil.
    public init(queues: [Name]? = nil, concurrency: Int? = nil) {
        self.queues = queues
        self.concurrency = concurrency ?? 10 * ProcessInfo.processInfo.activeProcessorCount
    }
}
