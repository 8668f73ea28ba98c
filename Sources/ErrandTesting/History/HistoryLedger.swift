import Errand

/// What a history knows of the jobs from the store's answers alone, and the invariants it holds them to.
///
/// The reference store has no say here: an error that both made alike would show.
struct HistoryLedger: Sendable {
    /// One job as it was last seen.
    struct Entry: Sendable {
        let id: JobID
        let number: Int64
        let tenantId: Name?
        let isTracked: Bool
        var status: JobStatus
        var rev: Int64
        var fence: Int64
        /// Runs that count against the budget in the present life.
        var charged = 0
        var settledFence: Int64 = -1
        var isGone = false

        var reference: JobReference { .id(id) }
    }

    /// An invariant that was broken.
    struct Violation: Error {
        let message: String
    }

    private(set) var entries: [Entry] = []
    private var places: [Int64: Int] = [:]

    subscript(number: Int64) -> Entry? { places[number].map { entries[$0] } }

    /// Takes a step's answer to account, before the jobs it touched are looked at.
    mutating func note(_ operation: HistoryOperation, _ answer: HistoryAnswer) throws(Violation) {
        switch (operation, answer) {
        case (.claim, .claimed(let jobs, _)):
            for job in jobs { try noteClaim(job) }
        case (.settle(let settlements), .settled(let results)):
            for (settlement, result) in zip(settlements, results) {
                if case .applied(let status) = result { try noteSettle(settlement, status) }
            }
        // What is replaced begins anew.
        case (.submit, .inserted(let jobs)):
            for job in jobs where job.outcome == .replaced { change(job.number) { $0.charged = 0 } }
        case (.retry, .job(let job)): change(job.number) { $0.charged = 0 }
        default: break
        }
    }

    private mutating func noteClaim(_ job: ClaimedJob) throws(Violation) {
        guard let entry = self[job.lease.number] else {
            throw Violation(message: "claimed job #\(job.lease.number), which nobody submitted")
        }
        guard entry.status == .queued, !entry.isTracked, job.lease.fence > entry.fence else {
            throw Violation(message: "claimed job #\(entry.number), which was \(entry.status) at fence \(entry.fence)")
        }
        change(entry.number) { $0.charged += 1 }
    }

    private mutating func noteSettle(_ settlement: Settlement, _ status: JobStatus) throws(Violation) {
        let lease = settlement.lease
        guard let entry = self[lease.number] else { return }
        switch settlement.outcome {
        case .acknowledgeCancel: return
        case .snooze, .release: change(lease.number) { $0.charged -= 1 }
        case .complete, .fail: break
        }
        // I2: at most one settle takes effect per fence.
        guard entry.settledFence < lease.fence, entry.status == .running, entry.fence == lease.fence else {
            throw Violation(
                message: "a settle with fence \(lease.fence) took effect on job #\(entry.number), "
                    + "which was \(entry.status) at fence \(entry.fence)"
            )
        }
        change(lease.number) { $0.settledFence = lease.fence }
    }

    /// Looks at a job that a step may have changed.
    mutating func observe(_ job: Job, after operation: HistoryOperation) throws(Violation) {
        guard let old = self[job.number] else {
            places[job.number] = entries.count
            entries.append(Entry(job))
            return
        }
        // I6: fence and rev only grow.
        guard job.rev >= old.rev, job.fence >= old.fence else {
            throw Violation(
                message:
                    "job #\(job.number) went back from rev \(old.rev), fence \(old.fence) to \(job.rev), \(job.fence)"
            )
        }
        // I5: only the transitions there are.
        guard old.status == job.status || Self.isLegal(old, job) else {
            throw Violation(message: "job #\(job.number) went from \(old.status) to \(job.status)")
        }
        change(job.number) { entry in
            if operation.takesBack, old.status == .running, job.status != .running, !old.isTracked {
                entry.charged -= 1
            }
            (entry.status, entry.rev, entry.fence) = (job.status, job.rev, job.fence)
        }
        // I3: the attempts of a life are its runs without those that were lost, released or snoozed.
        if let charged = self[job.number]?.charged, !old.isTracked, charged != job.attempt {
            throw Violation(
                message: "job #\(job.number) counts \(job.attempt) attempts and had \(charged) charged runs"
            )
        }
    }

    mutating func forget(_ number: Int64) { change(number) { $0.isGone = true } }

    private mutating func change(_ number: Int64, _ body: (inout Entry) -> Void) {
        if let place = places[number] { body(&entries[place]) }
    }

    private static func isLegal(_ old: Entry, _ job: Job) -> Bool {
        switch (old.status, job.status) {
        case (.queued, .running), (.queued, .cancelled): true
        case (.queued, .completed), (.queued, .failed): old.isTracked
        case (.running, .queued): !old.isTracked
        case (.running, .completed), (.running, .failed), (.running, .cancelled): true
        case (.failed, .queued), (.cancelled, .queued): true
        // Retried, and cancelled at once with one that was retried together with it and failed again.
        case (.failed, .cancelled):
            job.failure?.code == JobFailure.Code.dependencyFailed && job.fence >= old.fence + 2
        default: false
        }
    }
}

extension HistoryOperation {
    /// Whether runs whose lease is over are taken back with it.
    fileprivate var takesBack: Bool {
        switch self {
        case .reap, .restart: true
        default: false
        }
    }
}

extension HistoryLedger.Entry {
    fileprivate init(_ job: Job) {
        id = job.id
        number = job.number
        tenantId = job.tenantId
        isTracked = job.tracking != nil
        (status, rev, fence) = (job.status, job.rev, job.fence)
        charged = job.attempt
    }
}
