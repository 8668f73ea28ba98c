import Errand
import Synchronization

/// What the writer remembers, so that it need not ask the database; all of it can be read back from there.
///
/// Possible because one process owns the file and one thread writes.
struct SQLiteMemory {
    /// By number, from 1; a lane is never deleted.
    var lanes: [Lane] = [Lane(key: LaneKey(queue: "", type: "", tenant: nil), tenant: 0)]
    var laneNumbers: [LaneKey: Int] = [:]
    /// Lanes with claimable jobs.
    var readyLanes: Set<Int> = []
    /// Lanes with scheduled jobs.
    var scheduledLanes: Set<Int> = []
    var tenantNumbers: [Name: Int64] = [:]
    var projectNumbers: [ProjectKey: Int64] = [:]
    var projectNames: [Int64: Name] = [:]
    var queues: [Name: QueueSettings] = [:]
    /// The rate limits of those queues that have one.
    var rates: [Name: RateWindow] = [:]
    var nextNumber: Int64 = 1
    /// While there are none, ending a job need not look for jobs that wait for it.
    var dependencyCount = 0
    /// How many ends not all who wait for them were told of.
    var cascadeCount = 0
    /// The sequence number that the last of them was given; it only grows.
    var lastCascade: Int64 = 0
    var webhooks = WebhookMemory()
    /// Whether claims hold tenants to a limit.
    var limitsTenants = false
    /// The transaction's changes to the counts.
    var pendingCounts: [CountKey: StatusCounts] = [:]
    /// Where the rotation over queues, and over the tenants of each queue, goes on.
    var lastQueue: Name?
    var lastTenant: [Name: Name] = [:]
}

/// A queue, a type and a tenant: what jobs have in common that are claimed in order.
struct LaneKey: Hashable {
    var queue: Name
    var type: Name
    var tenant: Name?
}

/// A lane, and how many of its jobs can be claimed, wait and run; those that are stopping run.
struct Lane {
    let key: LaneKey
    let tenant: Int64
    var claimable = 0
    var running = 0
    /// Jobs up to here in the lane's order are claimed, so that a claim need not pass them again; nil is none.
    var claimedUpTo: ClaimPlace?
    /// No scheduled job of the lane is due before; nil when none is scheduled.
    var earliestDue: Int64?
}

/// Where a due job stands in its lane's order.
struct ClaimPlace: Comparable {
    let rank: Int64
    let runAt: Int64
    let number: Int64

    static func < (left: ClaimPlace, right: ClaimPlace) -> Bool {
        (left.rank, left.runAt, left.number) < (right.rank, right.runAt, right.number)
    }
}

struct ProjectKey: Hashable {
    var tenant: Int64
    var id: Name
}

struct QueueSettings: Hashable {
    var pause: QueueState.Pause?
    var concurrency: Int?
    /// Nil where nobody has set anything since it is kept where limits come from.
    var overrides: QueueOverrides?
}

/// What a job counts under.
struct CountKey: Hashable {
    let lane: Int
    /// 0 is none.
    let project: Int64

    init(lane: Int, project: Int64?) {
        self.lane = lane
        self.project = project ?? 0
    }
}

/// Adds up jobs that count under the same key, so that the memory changes once for many of them.
struct JobTally {
    private(set) var parts: [(key: CountKey, count: Int)] = []

    mutating func add(_ key: CountKey) {
        if let last = parts.last, last.key == key {
            parts[parts.count - 1].count += 1
        } else {
            parts.append((key, 1))
        }
    }
}

/// How to take back one change to the memory.
enum Undo {
    case claimable(lane: Int, by: Int)
    case claimedUpTo(lane: Int, ClaimPlace?)
    case running(lane: Int, by: Int)
    case earliestDue(lane: Int, Int64?)
    case count(CountKey, JobStatus, by: Int)
    case lease(Int64, Lease?)
    case stop(Int64, Stop?)
    case lane(LaneKey)
    case tenant(Name)
    case project(ProjectKey)
    case queue(Name, QueueSettings?)
    case rate(Name, RateWindow?)
    case nextNumber(Int64)
    case dependencies(by: Int)
    case cascades(by: Int)
    case webhooks(WebhookMemory)
}

/// Who holds a running job, until when; or held one that was cancelled and has not acknowledged it.
struct Lease {
    let id: JobID
    var fence: Int64
    /// On the steady clock.
    var end: Duration
    /// Kept so that ending the job need not read it.
    let key: CountKey
    var hasUniqueKey: Bool
    var isCancelled = false
}

/// The leases of all running jobs, by job number: the writer thread changes it, readers look.
///
/// Leases live in memory because the steady clock they are measured on is void once the process ends; what must
/// survive, that a job runs and under which fence, is in its row. So a heartbeat costs no write.
final class LeaseTable: Sendable {
    let stops = StopTable()
    private let leases = Mutex<[Int64: Lease]>([:])

    subscript(number: Int64) -> Lease? { leases.withLock { $0[number] } }

    /// What is held under a lease; nil when it is not the job's present one, or the last one of a cancelled job.
    subscript(lease: JobLease) -> Lease? {
        guard let held = self[lease.number], held.fence == lease.fence, held.id == lease.id else { return nil }
        return held
    }

    /// All of them, by job number.
    var all: [Int64: Lease] { leases.withLock { $0 } }

    func set(_ number: Int64, _ lease: Lease?) -> Lease? {
        leases.withLock { leases in
            if let lease { return leases.updateValue(lease, forKey: number) }
            return leases.removeValue(forKey: number)
        }
    }

    /// The runs whose lease is over at a time, the first ones first.
    func expired(at steady: Duration, limit: Int) -> [Int64] {
        let over = leases.withLock { leases in
            leases.filter { !$0.value.isCancelled && $0.value.end <= steady }
        }
        return over.sorted { ($0.value.end, $0.key) < ($1.value.end, $1.key) }.prefix(limit).map(\.key)
    }
}

extension SQLiteSession {
    func take(back change: Undo) {
        switch change {
        case .claimable(let lane, let delta): setClaimable(lane, memory.lanes[lane].claimable - delta)
        case .claimedUpTo(let lane, let place): memory.lanes[lane].claimedUpTo = place
        case .running(let lane, let delta): memory.lanes[lane].running -= delta
        case .earliestDue(let lane, let due): setEarliestDue(lane, due)
        case .count(let key, let status, let delta): memory.pendingCounts[key, default: StatusCounts()][status] -= delta
        case .lease(let number, let lease): _ = leases.set(number, lease)
        case .stop(let number, let stop): _ = stops.set(number, stop)
        case .lane(let key):
            memory.laneNumbers[key] = nil
            memory.lanes.removeLast()
        case .tenant(let name): memory.tenantNumbers[name] = nil
        case .project(let key):
            if let number = memory.projectNumbers.removeValue(forKey: key) { memory.projectNames[number] = nil }
        case .queue(let name, let settings): memory.queues[name] = settings
        case .rate(let name, let window): memory.rates[name] = window
        case .nextNumber(let number): memory.nextNumber = number
        case .dependencies(let delta): memory.dependencyCount -= delta
        case .cascades(let delta): memory.cascadeCount -= delta
        case .webhooks(let webhooks): memory.webhooks = webhooks
        }
    }

    // MARK: Changes that can be taken back

    /// - Parameters:
    ///   - lane: Whose jobs.
    ///   - delta: How many more jobs can be claimed.
    ///   - place: The first of them in the lane's order; nil is anywhere.
    func addClaimable(_ lane: Int, _ delta: Int, at place: ClaimPlace? = nil) {
        onUndo(.claimable(lane: lane, by: delta))
        if delta > 0, let claimed = memory.lanes[lane].claimedUpTo, place.map({ $0 < claimed }) ?? true {
            setClaimed(lane, upTo: nil)
        }
        setClaimable(lane, memory.lanes[lane].claimable + delta)
        if delta > 0, interest.contains(.wakeUps) { changes.queues.insert(memory.lanes[lane].key.queue) }
    }

    func setClaimed(_ lane: Int, upTo place: ClaimPlace?) {
        onUndo(.claimedUpTo(lane: lane, memory.lanes[lane].claimedUpTo))
        memory.lanes[lane].claimedUpTo = place
    }

    func addRunning(_ lane: Int, _ delta: Int) {
        onUndo(.running(lane: lane, by: delta))
        memory.lanes[lane].running += delta
    }

    func noteDue(_ lane: Int, _ due: Int64?) {
        let known = memory.lanes[lane].earliestDue
        onUndo(.earliestDue(lane: lane, known))
        // Who waits for the time that was known has to look again.
        if let due, due < known ?? .max, interest.contains(.wakeUps) {
            changes.queues.insert(memory.lanes[lane].key.queue)
        }
        setEarliestDue(lane, due)
    }

    func setRate(_ queue: Name, _ window: RateWindow?) {
        onUndo(.rate(queue, memory.rates[queue]))
        memory.rates[queue] = window
    }

    func count(_ key: CountKey, _ status: JobStatus, _ delta: Int) {
        onUndo(.count(key, status, by: delta))
        memory.pendingCounts[key, default: StatusCounts()][status] += delta
    }

    func setLease(_ number: Int64, _ lease: Lease?) {
        onUndo(.lease(number, leases.set(number, lease)))
    }

    func addDependencies(_ delta: Int) {
        onUndo(.dependencies(by: delta))
        memory.dependencyCount += delta
    }

    func addCascades(_ delta: Int) {
        onUndo(.cascades(by: delta))
        memory.cascadeCount += delta
    }

    /// Tells subscribers that a job changed.
    func noteChange(_ state: JobState, rev: Int64?) {
        guard interest.contains(.jobs) else { return }
        changes.jobs[state.id] = JobChange(
            id: state.id,
            tenantId: memory.lanes[state.lane].key.tenant,
            projectId: state.project.flatMap { memory.projectNames[$0] },
            rev: rev
        )
    }

    /// Keeps the memory true when a job leaves the status it had.
    func noteMove(_ state: JobState, to status: JobStatus) throws(JobStoreError) {
        count(state.key, state.status, -1)
        count(state.key, status, 1)
        guard !state.isTracked else { return }
        if state.status == .running {
            // One that is stopping keeps its place; those who wait for it learn how long at most.
            if stops[state.number] == nil { noteStopped(state.lane) } else { wakeForRoom(state.lane) }
        }
        if state.isClaimable { addClaimable(state.lane, -1) }
        if state.phase == .scheduled { try refreshDue(state.lane) }
    }

    /// Runs ended, which may make room below the limit of their queue, or of their tenant in all queues.
    func noteStopped(_ lane: Int, _ runs: Int = 1) {
        addRunning(lane, -runs)
        wakeForRoom(lane)
    }

    private func wakeForRoom(_ lane: Int) {
        guard interest.contains(.wakeUps) else { return }
        let key = memory.lanes[lane].key
        if memory.queues[key.queue]?.concurrency != nil { changes.queues.insert(key.queue) }
        guard memory.limitsTenants, let tenant = key.tenant, TenantRoom.counts(key.queue) else { return }
        for ready in memory.readyLanes where memory.lanes[ready].key.tenant == tenant {
            changes.queues.insert(memory.lanes[ready].key.queue)
        }
    }

    private func setClaimable(_ lane: Int, _ count: Int) {
        memory.lanes[lane].claimable = count
        if count > 0 { memory.readyLanes.insert(lane) } else { memory.readyLanes.remove(lane) }
    }

    private func setEarliestDue(_ lane: Int, _ due: Int64?) {
        memory.lanes[lane].earliestDue = due
        if due == nil { memory.scheduledLanes.remove(lane) } else { memory.scheduledLanes.insert(lane) }
    }
}
