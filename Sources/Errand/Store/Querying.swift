public import FoundationEssentials

/// Which jobs to list; everything set must hold.
public struct JobFilter: Sendable, Hashable, Decodable {
    /// Any of these; nil is all.
    public var statuses: Set<JobStatus>?
    /// Any of these types; nil is all.
    public var types: Set<Name>?
    /// The project.
    public var projectId: Name?
    /// The queue.
    public var queue: Name?
    /// One of the job's `metadata.tags`.
    public var tag: String?
    /// The submitter.
    public var createdBy: String?
    /// Stored at or after this time.
    public var createdAfter: Moment?
    /// Stored before this time.
    public var createdBefore: Moment?

    /// What somebody typed: a number with `#` or without, the beginning of an identifier, a type, `createdBy` or
    /// `createdByName`, or a whole tag.
    public var search: String?

    /// Creates a filter that lets everything through.
    public init() {}
}

/// Which part of a list to give.
public struct PageRequest: Sendable, Hashable {
    /// How many at most, 1 to 1,000.
    public var limit: Int
    /// Go on behind this number: the last one of the page before.
    public var before: Int64?
    /// Whether the list begins with the oldest job.
    public var isOldestFirst: Bool

    /// Creates a request.
    public init(limit: Int = 50, before: Int64? = nil, isOldestFirst: Bool = false) {
        self.limit = limit
        self.before = before
        self.isOldestFirst = isOldestFirst
    }
}

/// A part of a list.
public struct JobPage: Sendable {
    /// The jobs, by number, in the order that was asked for.
    public var jobs: [Job]
    /// Where to go on; nil at the end.
    public var next: Int64?

    /// Creates a page.
    public init(jobs: [Job], next: Int64?) {
        self.jobs = jobs
        self.next = next
    }
}

/// How many jobs are in each status, all counted at one moment.
public struct StatusCounts: Sendable, Hashable {
    /// Waiting.
    public var queued: Int
    /// Being run.
    public var running: Int
    /// Ended well.
    public var completed: Int
    /// Ended badly.
    public var failed: Int
    /// Cancelled.
    public var cancelled: Int

    /// Creates counts of zero.
    public init() { (queued, running, completed, failed, cancelled) = (0, 0, 0, 0, 0) }

    /// The sum.
    public var total: Int { queued + running + completed + failed + cancelled }

    /// One status's count.
    public subscript(status: JobStatus) -> Int {
        get {
            switch status {
            case .queued: queued
            case .running: running
            case .completed: completed
            case .failed: failed
            case .cancelled: cancelled
            }
        }
        set {
            switch status {
            case .queued: queued = newValue
            case .running: running = newValue
            case .completed: completed = newValue
            case .failed: failed = newValue
            case .cancelled: cancelled = newValue
            }
        }
    }
}

/// What to count jobs by.
public enum JobGrouping: String, Sendable, Hashable, CaseIterable {
    /// By the handler's key.
    case type
    /// By lane.
    case queue
    /// By project; jobs without one count under the empty string.
    case project
}

/// What a store knows of one queue.
public struct QueueState: Sendable, Hashable {
    /// Why and by whom a queue was paused.
    public struct Pause: Sendable, Hashable {
        /// Since when.
        public var since: Date
        /// Who did it.
        public var by: String?
        /// Why.
        public var reason: String?

        /// Creates a pause.
        public init(since: Date, by: String? = nil, reason: String? = nil) {
            self.since = since
            self.by = by
            self.reason = reason
        }
    }

    /// The queue's name.
    public var name: Name
    /// Set while no job of it may be claimed.
    public var pause: Pause?
    /// How many of its jobs may run at once, over all workers; nil is no limit.
    public var concurrency: Int?
    /// How many of its jobs may be claimed in a time, over all workers; nil is no limit.
    public var rateLimit: RateLimit?
    /// Grows with every change of its settings; 0 when nobody has set anything yet.
    public var rev: Int64 = 0
    /// Whether ``concurrency`` was set in the place of what the configuration says.
    public var overridesConcurrency = false
    /// Whether ``rateLimit`` was set in the place of what the configuration says.
    public var overridesRateLimit = false
    /// The jobs of the asker's scope in it.
    public var counts: StatusCounts
    /// How long the first claimable job of the asker's scope has been due; nil when there is none.
    public var oldestReady: Duration?

    /// Creates a queue's state.
    public init(name: Name, pause: Pause? = nil, concurrency: Int? = nil, rateLimit: RateLimit? = nil) {
        self.name = name
        self.pause = pause
        self.concurrency = concurrency
        self.rateLimit = rateLimit
        counts = StatusCounts()
    }
}

/// A change to a queue.
public enum QueueChange: Sendable, Hashable {
    /// Claim nothing from it until it is resumed; runs go on. A second pause changes nothing.
    case pause(by: String?, reason: String?)
    /// Claim from it again.
    case resume
    /// Limit how many of its jobs run at once, as the configuration says; nil is no limit. Waits where it is
    /// overridden.
    case concurrency(Int?)
    /// Limit how many of its jobs are claimed in a time, as the configuration says; nil is no limit and forgets the
    /// window under way. Waits where it is overridden.
    case rateLimit(RateLimit?)
    /// Limit how many of its jobs run at once, whatever the configuration says; nil goes back to that.
    case overrideConcurrency(Int?)
    /// Limit how many of its jobs are claimed in a time, whatever the configuration says; nil goes back to that.
    case overrideRateLimit(RateLimit?)
}

extension QueueChange {
    /// Refuses what makes no sense; stores call it before they change anything.
    ///
    /// - Parameter queue: The queue's name, which is bound by the limits of names.
    /// - Throws: `invalid`, with a pointer to the part and a message that names the value.
    public func validate(for queue: Name) throws(JobStoreError) {
        try NewJob.checkName(queue.text, "/name")
        switch self {
        case .concurrency(let limit?) where !Self.concurrencies.contains(limit),
            .overrideConcurrency(let limit?) where !Self.concurrencies.contains(limit):
            throw .invalid("is \(limit); it must be 1 to \(Self.concurrencies.upperBound)", "/concurrency")
        case .rateLimit(let limit?), .overrideRateLimit(let limit?): try limit.validate()
        case .pause(let by, let reason):
            try JobLimits.check(by, "/by")
            try JobLimits.check(reason: reason)
        case .resume, .concurrency, .rateLimit, .overrideConcurrency, .overrideRateLimit: break
        }
    }

    private static let concurrencies = 1...Int(Int32.max)
}
