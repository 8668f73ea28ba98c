import Errand
import FoundationEssentials

/// Everything a ``MemoryJobStore`` holds, and the indexes over it.
///
/// Every record is put in through `set`, which keeps the indexes true and writes the old record down, so that a call
/// that is refused half-way is taken back whole.
struct MemoryState: Sendable {
    var rules: JobRules
    var ids: JobIDGenerator

    private(set) var records: [Int64: MemoryRecord] = [:]
    private(set) var numbers: [JobID: Int64] = [:]
    /// The queued or running job that has a unique key.
    private(set) var holders: [UniqueKey: Int64] = [:]
    /// The jobs that wait for a job, and those that ended while they did.
    private(set) var dependents: [Int64: Set<Int64>] = [:]
    /// The ends that not all who wait for them were told of, in the order in which that goes on.
    var cascades: [Cascade] = []
    var lastCascade: Int64 = 0
    var pace = CascadePace(step: .max)
    /// Queued worker jobs that nothing blocks, due or not, by queue and tenant.
    private(set) var lanes: [Name: [Name?: WaitingJobs]] = [:]
    /// Running worker jobs.
    private(set) var running: Set<Int64> = []
    /// Jobs with a cancelled run that may still be at work.
    private(set) var stopping: Set<Int64> = []
    /// How many of each queue's are running or stopping.
    private(set) var runningCounts: [Name: Int] = [:]
    /// How many of each tenant's are running or stopping, but for those of Errand's own queues.
    private(set) var tenantsRunning: [Name: Int] = [:]
    /// Whether claims hold tenants to a limit.
    var limitsTenants = false
    /// Tracked jobs that have not ended and may go stale.
    private(set) var watched: Set<Int64> = []

    var lastNumber: Int64 = 0
    var queues: [Name: QueueSetting] = [:]
    var workers = WorkerRoll()
    var rotation = ClaimRotation()
    var tombstones = Tombstones()
    /// What submits were answered with that made no job of their own, by their ids.
    var answers: [JobID: KeptAnswer] = [:]
    var uploads: [JobID: MemoryUpload] = [:]
    var apiKeys: [APIKey] = []
    var audit: [AuditEntry] = []
    var webhooks: [Webhook] = []
    /// Tokens that are not taken again, until when they would have ended by themselves.
    var spentTokens: [Name: Date] = [:]
    var datasets = MemoryDatasets()
    var orphanedFiles: Set<Name> = []
    /// What subscribers will be told when the call succeeds.
    var changes = StoreChanges()

    /// What a history asked to be written down; nil outside of histories.
    var witness: TransitionWitness?

    private var journal: [(number: Int64, before: MemoryRecord?)] = []

    init(rules: JobRules, ids: JobIDGenerator) {
        self.rules = rules
        self.ids = ids
    }
}

/// One job and what is kept beside it.
struct MemoryRecord: Sendable {
    var job: Job
    /// Of the submit, where the client made the id; see ``SubmitFingerprint``.
    var fingerprint: String?
    var logs: [StoredLogLine] = []
    var lastSequence: Int64 = 0
    /// The last numbered lines that a run sent.
    var lastBatch: (fence: Int64, batch: Int64)?
    /// Whether its last run is or was that of a worker elsewhere, which outlives the store's process.
    var runsElsewhere = false
    var files: [Name: JobFile] = [:]
    /// The numbers of the jobs it waits for; or waited for when it ended, until these end or it is retried.
    var waitsFor: Set<Int64> = []
}

/// What at most one queued or running job has.
struct UniqueKey: Sendable, Hashable {
    var type: Name
    var tenantId: Name?
    var key: Name
}

/// What somebody set about a queue.
struct QueueSetting: Sendable {
    var record = QueueRecord()
    var rate: RateWindow?

    var pause: QueueState.Pause? { record.pause }
    var concurrency: Int? { record.concurrency }
}

extension MemoryState {
    /// A point to go back to.
    struct Mark {
        fileprivate var journalCount: Int
        fileprivate var lastNumber: Int64
        fileprivate var changes: StoreChanges
        fileprivate var uploads: [JobID: MemoryUpload]
        fileprivate var webhooks: [Webhook]
        fileprivate var answers: [JobID: KeptAnswer]
        fileprivate var cascades: [Cascade]
    }

    func mark() -> Mark {
        Mark(
            journalCount: journal.count,
            lastNumber: lastNumber,
            changes: changes,
            uploads: uploads,
            webhooks: webhooks,
            answers: answers,
            cascades: cascades
        )
    }

    mutating func rollBack(to mark: Mark) {
        while journal.count > mark.journalCount, let entry = journal.popLast() {
            index(entry.before, at: entry.number)
        }
        lastNumber = mark.lastNumber
        changes = mark.changes
        uploads = mark.uploads
        webhooks = mark.webhooks
        answers = mark.answers
        cascades = mark.cascades
    }

    mutating func forgetJournal() { journal.removeAll(keepingCapacity: true) }

    /// Puts a record in, or takes it out when it is nil.
    mutating func set(_ record: MemoryRecord?, at number: Int64) {
        journal.append((number, records[number]))
        witness?.touched.insert(number)
        index(record, at: number)
    }

    /// Changes what is kept beside a job; nothing that is indexed.
    mutating func amend(_ number: Int64, _ change: (inout MemoryRecord) -> Void) {
        guard var record = records[number] else { return }
        change(&record)
        set(record, at: number)
    }

    /// Puts a changed job in the place of the old one, and tells of it when the change is visible.
    mutating func replace(_ job: Job) {
        guard var record = records[job.number] else { return }
        let isVisible = record.job.rev != job.rev
        record.job = job
        set(record, at: job.number)
        if isVisible { tell(of: job) }
    }

    mutating func tell(of job: Job) {
        changes.jobs[job.id] = JobChange(id: job.id, tenantId: job.tenantId, projectId: job.projectId, rev: job.rev)
        if job.status == .queued, job.tracking == nil, job.blockedBy == 0 { changes.queues.insert(job.queue) }
    }

    private mutating func index(_ record: MemoryRecord?, at number: Int64) {
        let old = records[number]?.job
        indexWaits(records[number]?.waitsFor ?? [], record?.waitsFor ?? [], number)
        records[number] = record
        indexIdentity(old, record?.job, number)
        indexUniqueKey(old, record?.job, number)
        indexWaiting(old, record?.job)
        indexRunning(old, record?.job, number)
    }

    private mutating func indexIdentity(_ old: Job?, _ new: Job?, _ number: Int64) {
        guard old?.id != new?.id else { return }
        if let old { numbers[old.id] = nil }
        if let new { numbers[new.id] = number }
    }

    private mutating func indexWaits(_ old: Set<Int64>, _ new: Set<Int64>, _ number: Int64) {
        guard old != new else { return }
        for dependency in old.subtracting(new) {
            dependents[dependency]?.remove(number)
            if dependents[dependency]?.isEmpty == true { dependents[dependency] = nil }
        }
        for dependency in new.subtracting(old) { dependents[dependency, default: []].insert(number) }
    }

    private mutating func indexUniqueKey(_ old: Job?, _ new: Job?, _ number: Int64) {
        let (oldKey, newKey) = (old?.heldKey, new?.heldKey)
        guard oldKey != newKey else { return }
        if let oldKey, holders[oldKey] == number { holders[oldKey] = nil }
        if let newKey { holders[newKey] = number }
    }

    private mutating func indexWaiting(_ old: Job?, _ new: Job?) {
        let (oldPlace, newPlace) = (old?.waiting, new?.waiting)
        guard oldPlace != newPlace || old?.queue != new?.queue else { return }
        if let old, let oldPlace { lanes[old.queue]?[old.tenantId]?.remove(oldPlace) }
        if let old, lanes[old.queue]?[old.tenantId]?.isEmpty == true { lanes[old.queue]?[old.tenantId] = nil }
        if let new, let newPlace {
            lanes[new.queue, default: [:]][new.tenantId, default: WaitingJobs()].insert(newPlace)
        }
    }

    private mutating func indexRunning(_ old: Job?, _ new: Job?, _ number: Int64) {
        if new?.isHeldByWorker == true { running.insert(number) } else { running.remove(number) }
        if new?.stopping != nil { stopping.insert(number) } else { stopping.remove(number) }
        if let old, old.hasPlace { countRunning(-1, old) }
        if let new, new.hasPlace { countRunning(1, new) }
        if new?.mayGoStale == true { watched.insert(number) } else { watched.remove(number) }
    }

    private mutating func countRunning(_ change: Int, _ job: Job) {
        runningCounts[job.queue, default: 0] += change
        guard let tenant = job.tenantId, TenantRoom.counts(job.queue) else { return }
        tenantsRunning[tenant, default: 0] += change
    }
}

extension Job {
    /// The unique key it holds, while it does.
    fileprivate var heldKey: UniqueKey? {
        guard let uniqueKey, !status.isTerminal || stopping != nil else { return nil }
        return UniqueKey(type: type, tenantId: tenantId, key: uniqueKey)
    }

    fileprivate var waiting: WaitingJobs.Place? {
        guard status == .queued, blockedBy == 0, tracking == nil, stopping == nil else { return nil }
        return WaitingJobs.Place(priority: priority, runAt: runAt, number: number, type: type)
    }

    fileprivate var isHeldByWorker: Bool { status == .running && tracking == nil }

    /// Whether a run of it counts against the limits of queue and tenant.
    fileprivate var hasPlace: Bool { isHeldByWorker || stopping != nil }

    fileprivate var mayGoStale: Bool { tracking?.staleAfterSeconds != nil && !status.isTerminal }
}
