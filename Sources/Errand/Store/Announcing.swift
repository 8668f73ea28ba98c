public import FoundationEssentials

/// What an operator wants a worker to do.
public enum WantedState: String, Sendable, Hashable, CaseIterable {
    /// Work.
    case run
    /// Claim nothing more, and stay.
    case quiet
    /// End as after SIGTERM.
    case stop

    /// What is wanted when another state is asked for: who is to stop is not merely to be quiet.
    package func followed(by state: WantedState) -> WantedState { self == .stop ? .stop : state }
}

/// What a live worker says of itself.
public struct WorkerAnnouncement: Sendable, Hashable {
    /// What a worker says it does.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// It works.
        case run
        /// It claims nothing more.
        case quiet
        /// It is about to end.
        case stopping
    }

    /// The worker's identifier, random for every start; its claims carry it.
    public var id: Name
    /// Where it runs, `host:pid` by default; for people, never an identity.
    public var name: String
    /// The version of its program; nil when it has none.
    public var version: String?
    /// The language it is written in, where it is not a process of Errand.
    public var language: String?
    /// What else it says of itself, an object; for people.
    public var labels: JSONText?
    /// Whose worker elsewhere it is; nil for those of the installation.
    public var tenantId: Name?
    /// What it does.
    public var state = State.run
    /// The queues it takes jobs from; nil is all.
    public var queues: [Name]?
    /// The types it knows.
    public var types: [Name]
    /// How many jobs it runs at once.
    public var slots: Int
    /// How many of its slots run a job.
    public var running: Int
    /// When it started, on its own clock.
    public var startedAt: Date
    /// How long its claims hold without a renewal.
    public var lease: Duration

    /// Creates an announcement of an idle worker.
    public init(
        id: Name,
        name: String,
        version: String? = nil,
        queues: [Name]? = nil,
        types: [Name],
        slots: Int,
        startedAt: Date,
        lease: Duration
    ) {
        self.id = id
        self.name = name
        self.version = version
        self.queues = queues
        self.types = types
        self.slots = slots
        running = 0
        self.startedAt = startedAt
        self.lease = lease
    }
}

extension WorkerAnnouncement {
    /// For how long a worker that falls silent is still listed: its leases are over by then, and its jobs elsewhere.
    package var lifetime: Duration { lease * 3 }
}

/// A worker as its store knows it.
public struct LiveWorker: Sendable, Hashable {
    /// How many leases are listed.
    public static let leaseLimit = 100

    /// What it said of itself last.
    public var announcement: WorkerAnnouncement
    /// What an operator wants of it.
    public var wanted = WantedState.run
    /// When it said so.
    public var heartbeatAt: Date
    /// How long ago that was, on the store's steady clock.
    public var heartbeatAge: Duration
    /// Whether it said so within its lease: one that has not is taken for dead.
    public var isLive: Bool { heartbeatAge < announcement.lease }
    /// How many jobs of the asker's scope it holds, claimed ones that have not started among them.
    public var leaseCount = 0
    /// Their leases, those that end first, at most ``leaseLimit``.
    public var leases: [HeldLease] = []

    /// Creates a worker that holds nothing.
    public init(_ announcement: WorkerAnnouncement, heartbeatAt: Date, heartbeatAge: Duration) {
        self.announcement = announcement
        self.heartbeatAt = heartbeatAt
        self.heartbeatAge = heartbeatAge
    }
}

/// A lease and its end.
public struct HeldLease: Sendable, Hashable {
    /// The job and its fence.
    public var lease: JobLease
    /// Until when it holds unless it is renewed.
    public var expiresAt: Date

    /// Creates a lease with its end.
    public init(lease: JobLease, expiresAt: Date) {
        self.lease = lease
        self.expiresAt = expiresAt
    }
}

extension LiveWorker {
    /// Adds the leases of each worker, those that end first.
    package static func list(
        _ workers: [LiveWorker],
        holding leases: [(worker: Name, held: HeldLease)]
    ) -> [LiveWorker] {
        let byWorker = Dictionary(grouping: leases, by: \.worker)
        return workers.map { worker in
            var worker = worker
            let held = (byWorker[worker.announcement.id] ?? []).map(\.held)
                .sorted { ($0.expiresAt, $0.lease.number) < ($1.expiresAt, $1.lease.number) }
            worker.leaseCount = held.count
            worker.leases = Array(held.prefix(leaseLimit))
            return worker
        }
        .sorted {
            ($0.announcement.startedAt, $0.announcement.id) < ($1.announcement.startedAt, $1.announcement.id)
        }
    }
}

/// The workers of one process, in its memory: for stores that one process owns.
package struct WorkerRoll: Sendable {
    private var workers: [Name: (announcement: WorkerAnnouncement, heartbeat: StoreTime, wanted: WantedState)] = [:]

    package init() {}

    package mutating func announce(_ worker: WorkerAnnouncement, at time: StoreTime) -> WantedState {
        let wanted = workers[worker.id]?.wanted ?? .run
        workers[worker.id] = (worker, time, wanted)
        return wanted
    }

    package mutating func want(_ state: WantedState, of id: Name) throws(JobStoreError) {
        guard let wanted = workers[id]?.wanted else { throw .unknownWorker(id) }
        workers[id]?.wanted = wanted.followed(by: state)
    }

    package mutating func withdraw(_ id: Name) { workers[id] = nil }

    /// Forgets workers that have been silent for too long.
    package mutating func reap(at time: StoreTime) {
        workers = workers.filter { time.steady - $0.value.heartbeat.steady < $0.value.announcement.lifetime }
    }

    /// The workers, without their leases.
    package func list(at time: StoreTime) -> [LiveWorker] {
        workers.values.map { worker in
            var live = LiveWorker(
                worker.announcement,
                heartbeatAt: worker.heartbeat.wall,
                heartbeatAge: time.steady - worker.heartbeat.steady
            )
            live.wanted = worker.wanted
            return live
        }
    }
}

extension JobStoreError {
    package static func unknownWorker(_ id: Name) -> JobStoreError {
        JobStoreError(
            .notFound,
            "No worker \"\(id.text.cut(toBytes: 100))\" is known; it ended, or was silent for long."
        )
    }
}
