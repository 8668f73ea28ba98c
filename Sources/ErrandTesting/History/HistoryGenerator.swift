import Errand
import FoundationEssentials

/// Chooses the steps of a history: the same ones for the same seed and the same answers.
struct HistoryGenerator: Sendable {
    /// A worker, with the leases it believes to hold and those it lost or settled and may use all the same.
    struct Worker: Sendable {
        var held: [JobLease] = []
        var old: [JobLease] = []
    }

    static let types: [Name] = ["a", "b"]
    static let trackedType: Name = "t"
    /// The same to Unicode, and two queues all the same.
    static let queues: [Name] = ["caf\u{E9}", "cafe\u{301}"]
    static let lease = Duration.seconds(10)

    var random: SeededRandom
    var workers: [Worker]
    let ids: JobIDGenerator
    /// Everything submitted so far, to be submitted again.
    var submitted: [(job: NewJob, scope: Scope)] = []
    /// Those of them that were answered with another's job.
    var answered: [(job: NewJob, scope: Scope)] = []
    /// Whether the process ends at times; the wall clock does not jump then, by which alone a new process knows how old
    /// what it finds is.
    var restarts = false

    init(seed: UInt64, workers: Int) {
        random = SeededRandom(seed: seed)
        self.workers = Array(repeating: Worker(), count: workers)
        ids = JobIDGenerator(random: SeededRandom(seed: seed ^ 0xA5A5_A5A5))
    }

    mutating func next(_ ledger: HistoryLedger, at time: StoreTime) -> HistoryOperation {
        switch Int.random(in: 0..<1000, using: &random) {
        case 0..<165: submit(ledger, time)
        case 165..<345: claim()
        case 345..<415: report(ledger)
        case 415..<590: settle(ledger)
        case 590..<620: .renew(leases(ledger, upTo: 3), Self.lease)
        case 620..<680: .cancel(reference(ledger), reason: chance(0.5) ? "why" : nil, scope(ledger))
        case 680..<745: retry(ledger, time)
        case 745..<835: update(ledger)
        case 835..<847: .read(reference(ledger), scope(ledger))
        case 847..<853: amend(ledger, time)
        case 853..<885: .delete(reference(ledger), scope(ledger))
        case 885..<915: configure()
        case 915..<948: .reap(limit: chance(0.1) ? 1 : 100)
        case 948..<955: .prune(limit: 1000)
        case 955..<968 where restarts: .restart
        case 955..<975: .advance(.milliseconds(Int.random(in: 200...4000, using: &random)))
        case 975..<990: .advance(.milliseconds(Int.random(in: 10_000...14_000, using: &random)))
        // About as long as a cancelled run may take to stop.
        case 990..<995: .advance(.milliseconds(Int.random(in: 24_000...36_000, using: &random)))
        case 995..<998 where !restarts: .jumpWall(.milliseconds(Int.random(in: -5000...30_000, using: &random)))
        default: .advance(.seconds(chance(0.5) ? 25 * 3600 : 8 * 86400))
        }
    }

    /// Remembers what the answer means to the workers.
    mutating func note(_ operation: HistoryOperation, _ answer: HistoryAnswer) {
        switch (operation, answer) {
        case (.claim(let request), .claimed(let jobs, _)):
            if let worker = Int(request.worker.text) { workers[worker].held += jobs.map(\.lease) }
        case (.settle(let settlements), .settled(let results)):
            for (settlement, result) in zip(settlements, results) { drop(settlement, result) }
        case (.submit(let jobs, let scope), .inserted(let answers)):
            submitted += jobs.map { ($0, scope) }
            for (job, answer) in zip(jobs, answers) where answer.outcome == .existing || answer.outcome == .replaced {
                answered.append((job, scope))
            }
        default: break
        }
    }

    /// A worker is done with a lease it settled or heard to be lost, but may come back to it.
    private mutating func drop(_ settlement: Settlement, _ result: HistoryAnswer.Settled) {
        if case .refused = result { return }
        for index in workers.indices where workers[index].held.contains(settlement.lease) {
            workers[index].held.removeAll { $0 == settlement.lease }
            workers[index].old.append(settlement.lease)
            if workers[index].old.count > 30 { workers[index].old.removeFirst() }
        }
    }

    mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &random) < probability }

    mutating func pick<Element>(_ elements: [Element]) -> Element? { elements.randomElement(using: &random) }

    mutating func pick<Element>(_ elements: [Element], or other: Element) -> Element {
        elements.randomElement(using: &random) ?? other
    }

    private mutating func claim() -> HistoryOperation {
        let worker = Int.random(in: workers.indices, using: &random)
        var request = ClaimRequest(
            worker: Name(String(worker)),
            queues: chance(0.7) ? nil : [pick(Self.queues, or: "x")],
            types: chance(0.7) ? Self.types : [pick(Self.types, or: "a")],
            limit: Int.random(in: 1...4, using: &random),
            lease: Self.lease
        )
        if chance(0.2) { request.kind = .session }
        if chance(0.2) { request.runningJobsPerTenant = Int.random(in: 1...6, using: &random) }
        return .claim(request)
    }

    /// A lease of one worker: one it holds, or one it held before, of a job in any status.
    mutating func lease(_ ledger: HistoryLedger) -> JobLease {
        let worker = pick(workers, or: Worker())
        var pool = worker.held
        if pool.isEmpty || chance(0.38) {
            let status = pick(JobStatus.allCases + [.failed, .failed], or: .running)
            let stale = (worker.old + worker.held).filter { ledger[$0.number].map { $0.status == status } ?? false }
            let staler = stale.filter { lease in ledger[lease.number].map { $0.fence > lease.fence + 1 } ?? false }
            let retried = chance(0.3) ? worker.held.filter { isRetried($0, ledger) } : []
            pool = [retried, staler, stale, worker.old].first { !$0.isEmpty } ?? []
        }
        guard let lease = pick(pool) else { return nobodysLease() }
        guard chance(0.05) else { return lease }
        return JobLease(id: lease.id, number: lease.number, fence: lease.fence + 1)
    }

    /// Whether the run was cancelled and its job retried, so that both may wait for its worker's word.
    private func isRetried(_ lease: JobLease, _ ledger: HistoryLedger) -> Bool {
        guard let entry = ledger[lease.number] else { return false }
        return entry.status == .queued && entry.fence == lease.fence + 2
    }

    private func nobodysLease() -> JobLease {
        JobLease(id: JobID(high: 0x7000, low: 1 << 63), number: 1_000_000, fence: 1)
    }

    private mutating func leases(_ ledger: HistoryLedger, upTo count: Int) -> [JobLease] {
        (0..<Int.random(in: 1...count, using: &random)).map { _ in lease(ledger) }
    }

    private mutating func report(_ ledger: HistoryLedger) -> HistoryOperation {
        .report(leases(ledger, upTo: 2).map { report($0) })
    }

    mutating func report(_ lease: JobLease) -> RunReport {
        var report = RunReport(lease: lease)
        if chance(0.5) { report.progress = Int.random(in: -10...120, using: &random) }
        if chance(0.3) { report.message = "m\(random.next() % 100)" }
        if chance(0.2) { report.data = object("d") }
        if chance(0.15) { report.checkpoint = object("c") }
        if chance(0.2) {
            report.logs = [
                LogLine(at: Date(timeIntervalSince1970: 1e9), level: .info, message: "l\(random.next() % 9)")
            ]
        }
        return report
    }

    mutating func object(_ name: String) -> JSONText { .checked("{\"\(name)\":\(random.next() % 1000)}") }

    private mutating func configure() -> HistoryOperation {
        let queue = pick(Self.queues, or: "x")
        switch Int.random(in: 0..<13, using: &random) {
        case 0..<2: return .configure(queue, .pause(by: "p", reason: nil))
        case 2..<7: return .configure(queue, .resume)
        case 7: return .configure(queue, .concurrency(Int.random(in: 1...3, using: &random)))
        case 8..<10: return .configure(queue, .concurrency(nil))
        case 10: return .configure(queue, .rateLimit(rateLimit()))
        default: return .configure(queue, .rateLimit(nil))
        }
    }

    private mutating func rateLimit() -> RateLimit {
        let per = Duration.milliseconds(Int.random(in: 100...8000, using: &random))
        return RateLimit(count: Int.random(in: 1...5, using: &random), per: per)
    }

    /// A job to do something to: each status is as likely as another, so that every refusal is met.
    mutating func entry(
        _ ledger: HistoryLedger,
        where isWanted: (HistoryLedger.Entry) -> Bool = { _ in true }
    ) -> HistoryLedger.Entry? {
        let wanted = ledger.entries.filter(isWanted)
        if chance(0.08), let gone = pick(wanted.filter(\.isGone)) { return gone }
        let status = pick(JobStatus.allCases, or: .queued)
        return pick(wanted.filter { $0.status == status && !$0.isGone }) ?? pick(wanted)
    }

    mutating func reference(_ ledger: HistoryLedger) -> JobReference {
        guard let entry = entry(ledger) else { return .number(1_000_000) }
        return chance(0.3) ? .number(entry.number) : entry.reference
    }

    /// Mostly one that sees everything; at times a tenant, who may not.
    private mutating func scope(_ ledger: HistoryLedger) -> Scope {
        chance(0.8) ? .system : pick([.tenant("t1"), .tenant("t2"), .tenant("t1", projects: ["p"])], or: .system)
    }

    private mutating func retry(_ ledger: HistoryLedger, _ time: StoreTime) -> HistoryOperation {
        let runAt = chance(0.2) ? Moment(clamping: time.wall + Double.random(in: -5...10, using: &random)) : nil
        let together = chance(0.4) ? (0..<20).compactMap { _ in pick(ledger.entries)?.id } : []
        return .retry(reference(ledger), runAt: runAt, together: Set(together), scope(ledger))
    }

    private mutating func amend(_ ledger: HistoryLedger, _ time: StoreTime) -> HistoryOperation {
        var amendment = JobAmendment()
        if chance(0.4) { amendment.priority = Int16.random(in: -2...2, using: &random) }
        if chance(0.4) {
            amendment.due =
                chance(0.4) ? .now : .at(Moment(clamping: time.wall + Double.random(in: -5...10, using: &random)))
        }
        if chance(0.4) { amendment.queue = pick(Self.queues, or: "x") }
        if chance(0.3) { amendment.tags = chance(0.3) ? [] : ["g\(random.next() % 3)"] }
        return .amend(reference(ledger), amendment, scope(ledger))
    }

    private mutating func update(_ ledger: HistoryLedger) -> HistoryOperation {
        let tracked = chance(0.16) ? nil : entry(ledger) { $0.isTracked }
        guard let entry = tracked ?? entry(ledger) else { return .reap(limit: 1) }
        var update = TrackedUpdate()
        update.status = pick([nil, nil, .running, .running, .completed, .failed], or: nil)
        if chance(0.4) { update.progress = Int.random(in: -5...110, using: &random) }
        if chance(0.3) { update.message = "u\(random.next() % 100)" }
        if chance(0.3) { update.data = object("d") }
        if chance(0.1) { update.internalData = object("i") }
        if chance(0.45) { update.result = JobResult(object("r")) }
        if chance(0.1) { update.failure = JobFailure(code: "f", message: "It failed.", details: object("w")) }
        if chance(0.35) { update.fence = entry.fence + (chance(0.5) ? 1 : 0) }
        return .update(entry.reference, update, scope(ledger))
    }
}
