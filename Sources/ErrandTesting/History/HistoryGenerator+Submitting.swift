import Errand
import FoundationEssentials

extension HistoryGenerator {
    mutating func submit(_ ledger: HistoryLedger, _ time: StoreTime) -> HistoryOperation {
        if chance(0.09), let again = pick(submitted) { return resubmit(again.job, again.scope) }
        if chance(0.06), let again = pick(answered) { return resubmit(again.job, again.scope) }
        let tenant = pick(["t1", "t1", "t2", "t2", nil] as [Name?], or: nil)
        var scope = tenant.map { Scope.tenant($0) } ?? .system
        if let tenant, chance(0.1) { scope = .tenant(tenant, projects: ["p"]) }
        if chance(0.12) { return .submit(workflow(ledger, tenant, time), scope) }
        let count = chance(0.25) ? Int.random(in: 2...4, using: &random) : 1
        let jobs = (0..<count).map { _ in newJob(ledger, tenant, time) }
        return .submit(jobs, scope)
    }

    private mutating func resubmit(_ job: NewJob, _ scope: Scope) -> HistoryOperation {
        var job = job
        if chance(0.3) { job.payload = object("changed") }
        return .submit([job], chance(0.9) ? scope : .tenant("t2"))
    }

    mutating func newJob(_ ledger: HistoryLedger, _ tenant: Name?, _ time: StoreTime) -> NewJob {
        let isTracked = chance(0.25)
        var job = NewJob(
            type: isTracked ? Self.trackedType : pick(Self.types, or: "a"),
            queue: pick(Self.queues, or: "x"),
            payload: object("p")
        )
        job.id = ids.next(at: time.wall)
        job.priority = Int16.random(in: -1...1, using: &random)
        job.maxAttempts = Int.random(in: 1...3, using: &random)
        if chance(0.3) { job.projectId = "p" }
        if chance(0.15) { job.runAt = Moment(clamping: time.wall + Double.random(in: -3...15, using: &random)) }
        if chance(isTracked ? 0.5 : 0.4) {
            job.uniqueKey = pick(["k\u{E9}", "k\u{E9}", "ke\u{301}"], or: "k\u{E9}")
            job.onConflict = pick(NewJob.ConflictPolicy.allCases, or: .return)
        }
        if chance(0.03) {
            job.recordExpiresAt = time.wall.milliseconds / 1000 + Int64.random(in: -5...60, using: &random)
        }
        if isTracked {
            track(&job)
        } else if chance(0.2) {
            job.after = dependencies(ledger, tenant)
        }
        return job
    }

    /// Jobs that wait for each other: a chain, a fan, or something between.
    private mutating func workflow(_ ledger: HistoryLedger, _ tenant: Name?, _ time: StoreTime) -> [NewJob] {
        let links = Int.random(in: 1...3, using: &random)
        var jobs: [NewJob] = []
        for _ in 0..<Int.random(in: 3...8, using: &random) {
            var job = newJob(ledger, tenant, time)
            if job.tracking == nil || !job.startsRunning {
                let earlier = links == 1 ? jobs.suffix(1) : links == 2 ? jobs.prefix(1) : jobs.suffix(3)
                job.after += earlier.filter { links < 3 || $0.id != nil && chance(0.6) }.compactMap(\.id)
            }
            if chance(0.8) { job.uniqueKey = nil }
            jobs.append(job)
        }
        return jobs
    }

    private mutating func track(_ job: inout NewJob) {
        job.tracking = Tracking(staleAfterSeconds: chance(0.6) ? Int.random(in: 5...40, using: &random) : nil)
        job.startsRunning = chance(0.4)
        if chance(0.2) { job.data = object("d") }
    }

    private mutating func dependencies(_ ledger: HistoryLedger, _ tenant: Name?) -> [JobID] {
        (0..<Int.random(in: 1...2, using: &random)).compactMap { _ in
            if chance(0.05) { return JobID(high: 0x7000, low: 1 << 63) }
            return entry(ledger) { $0.tenantId == tenant || $0.number % 17 == 0 }?.id
        }
    }

    // MARK: Ends of runs

    mutating func settle(_ ledger: HistoryLedger) -> HistoryOperation {
        let count = chance(0.2) ? 2 : 1
        return .settle((0..<count).map { _ in settlement(ledger) })
    }

    private mutating func settlement(_ ledger: HistoryLedger) -> Settlement {
        let lease = lease(ledger)
        var settlement = Settlement(lease: lease, outcome: outcome(ledger[lease.number], lease))
        if chance(0.2) { settlement.report = report(lease) }
        if chance(0.08) {
            var job = NewJob(type: pick(Self.types, or: "a"), queue: pick(Self.queues, or: "x"), payload: object("f"))
            job.id = ids.next(at: Date(timeIntervalSince1970: 1_767_225_600))
            if chance(0.3) { job.after = [lease.id] }
            if chance(0.15) { job.maxAttempts = 0 }
            if chance(0.1) { job.after = [JobID(high: 0x7000, low: 1 << 63)] }
            settlement.followUps = [job]
        }
        return settlement
    }

    private mutating func outcome(_ entry: HistoryLedger.Entry?, _ lease: JobLease) -> Settlement.Outcome {
        let isCancelled = entry?.status == .cancelled && entry?.fence == lease.fence + 1
        // It was cancelled and retried since, and the run may still be at work.
        let isRetried = entry?.status == .queued && entry?.fence == lease.fence + 2
        let isStale = entry?.fence != lease.fence
        // A stale worker may say anything; a running one mostly ends its run.
        if chance(isRetried ? 0.8 : isCancelled ? 0.5 : isStale ? 0.3 : 0.05) { return .acknowledgeCancel }
        switch Int.random(in: 0..<12, using: &random) {
        case 0..<3: return .complete(chance(0.6) ? JobResult(object("r")) : JobResult(files: files()))
        case 3..<6:
            let failure = JobFailure(code: "broken", message: "It broke.", details: chance(0.3) ? object("w") : nil)
            return .fail(failure, retryAfter: chance(0.6) ? delay() : nil)
        case 6..<9: return .snooze(delay())
        default: return .release(after: delay())
        }
    }

    private mutating func delay() -> Duration {
        chance(0.5) ? .zero : .milliseconds(Int.random(in: 1...5000, using: &random))
    }

    private mutating func files() -> [JobFile] {
        let key = "k\(random.next())"
        return [JobFile(name: "f", key: key, size: 3, sha256: "00", contentType: "text/plain")]
    }
}
