import Errand
import FoundationEssentials

/// What a store answered to a step, in a form in which two stores' answers can be compared.
enum HistoryAnswer: Sendable, Equatable {
    struct Inserted: Sendable, Equatable {
        var id: JobID
        var number: Int64
        var outcome: InsertedJob.Outcome
        var firstOutcome: InsertedJob.Outcome

        init(_ inserted: InsertedJob) {
            (id, number) = (inserted.id, inserted.number)
            (outcome, firstOutcome) = (inserted.outcome, inserted.firstOutcome)
        }
    }

    enum Settled: Sendable, Equatable {
        case applied(JobStatus)
        case fenced(JobStatus?)
        case refused(JobStoreError.Code, pointer: String?)

        init(_ result: SettleResult) {
            self =
                switch result {
                case .applied(let status): .applied(status)
                case .fenced(let status): .fenced(status)
                case .refused(let error): .refused(error.code, pointer: error.pointer)
                }
        }
    }

    case inserted([Inserted])
    case claimed([ClaimedJob], nextDue: Duration?)
    case renewed([LeaseRenewal])
    case reported([WriteResult])
    case settled([Settled])
    case job(Job)
    case count(Int)
    case pruned(Int, files: [String])
    case done
    case refused(JobStoreError.Code, status: JobStatus?, pointer: String?)

    init(_ claim: Claim) { self = .claimed(claim.jobs, nextDue: claim.nextDue) }

    init(_ result: PruneResult) { self = .pruned(result.deletedRecords, files: result.orphanedFiles.sorted()) }

    init(_ error: JobStoreError) {
        self = .refused(error.code, status: error.currentStatus, pointer: error.pointer)
    }

    /// What the answer is in the coverage, where the transitions do not say it.
    var names: [String] {
        switch self {
        case .inserted(let jobs): jobs.map { ": \($0.outcome)" } + jobs.compactMap(\.repetition)
        case .claimed(let jobs, _): [jobs.isEmpty ? ": none" : ": some"]
        case .renewed(let renewals): renewals.map { ": \($0)" }
        case .reported(let results): results.compactMap(\.name)
        case .settled(let results): results.compactMap(\.name)
        case .pruned(let count, _): count > 0 ? [": deleted"] : []
        case .done: [": done"]
        case .refused(let code, let status, _) where code == .conflict:
            [" refused: conflict \(status?.rawValue ?? "")"]
        case .refused(let code, _, _): [" refused: \(code)"]
        case .job, .count: []
        }
    }
}

extension HistoryAnswer {
    /// The answer in a few words.
    var summary: String {
        switch self {
        case .inserted(let jobs): jobs.map { "#\($0.number) \($0.outcome)" }.joined(separator: ", ")
        case .claimed(let jobs, let due):
            jobs.map { "#\($0.lease.number) fence \($0.lease.fence)" }.joined(separator: ", ")
                + (due.map { "; next in \($0)" } ?? "")
        case .renewed(let renewals): renewals.map { "\($0)" }.joined(separator: ", ")
        case .reported(let results): results.map { "\($0)" }.joined(separator: ", ")
        case .settled(let results): results.map { "\($0)" }.joined(separator: ", ")
        case .job(let job): "#\(job.number) \(job.status.rawValue) rev \(job.rev) fence \(job.fence)"
        case .count(let count): "\(count)"
        case .pruned(let count, let files): "\(count) records, \(files.count) files"
        case .done: "done"
        case .refused(let code, let status, let pointer):
            [code.rawValue, status?.rawValue, pointer].compactMap(\.self).joined(separator: " ")
        }
    }
}

extension HistoryAnswer.Inserted {
    /// Of a repetition whose first submit made no job of its own.
    fileprivate var repetition: String? {
        outcome == .replayed && firstOutcome != .inserted ? ": replayed \(firstOutcome)" : nil
    }
}

extension WriteResult {
    fileprivate var name: String? {
        switch self {
        case .cancelled: ": cancelled"
        case .fenced(nil): ": fenced nil"
        case .applied, .fenced: nil
        }
    }
}

extension HistoryAnswer.Settled {
    fileprivate var name: String? {
        switch self {
        case .fenced(nil): ": fenced nil"
        case .refused: ": refused"
        case .applied, .fenced: nil
        }
    }
}

extension Job {
    /// The job without what two stores may keep in their own way.
    var comparable: Job {
        // Steady clocks of two stores need not have the same start; what a lease does is compared by what follows.
        var job = self
        job.leaseEnd = leaseEnd == nil ? nil : .zero
        // A store may forget a run that must have stopped when it next looks; until then nothing depends on it.
        job.stopping = nil
        return job
    }
}
