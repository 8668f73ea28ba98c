import Errand
import FoundationEssentials

extension MemoryState {
    mutating func renew(_ lease: JobLease, for duration: Duration, at time: StoreTime) -> LeaseRenewal {
        guard var job = find(lease), job.tracking == nil else { return .lost }
        if job.isCancelPending(for: lease) { return .cancelled }
        guard job.status == .running, job.fence == lease.fence else { return .lost }
        job.leaseEnd = time.steady + duration
        replace(job)
        return .renewed
    }

    /// Writes a report that is normalized already.
    mutating func report(_ report: RunReport, at time: StoreTime) -> WriteResult {
        guard let job = find(report.lease) else { return .fenced(currentStatus: nil) }
        do {
            let changed = try transition(.report(report), of: job, at: time)
            append(report, to: changed)
            return .applied
        } catch {
            return job.isCancelPending(for: report.lease) ? .cancelled : .fenced(currentStatus: error.status)
        }
    }

    private mutating func append(_ report: RunReport, to job: Job) {
        let lines = report.logs
        guard !lines.isEmpty else { return }
        amend(job.number) { record in
            if let batch = report.logBatch {
                if let last = record.lastBatch, last.fence == report.lease.fence, last.batch >= batch { return }
                record.lastBatch = (report.lease.fence, batch)
            }
            let written = record.logs.count { $0.attempt == job.attempt }
            for line in lines.prefix(max(0, JobLimits.logLinesPerAttempt - written)) {
                record.lastSequence += 1
                var line = line
                line.at = line.at.wholeMilliseconds
                record.logs.append(StoredLogLine(sequence: record.lastSequence, attempt: job.attempt, line: line))
            }
        }
    }

    /// Ends a run, with everything it leaves, or does nothing.
    mutating func settle(_ settlement: Settlement, at time: StoreTime) -> SettleResult {
        let mark = mark()
        do {
            let settlement = try settlement.normalized()
            guard let job = find(settlement.lease) else { return .fenced(currentStatus: nil) }
            return try settle(settlement, job, at: time)
        } catch {
            rollBack(to: mark)
            return .refused(error)
        }
    }

    private mutating func settle(
        _ settlement: Settlement,
        _ job: Job,
        at time: StoreTime
    ) throws(JobStoreError) -> SettleResult {
        let changed: Job
        do {
            changed = try transition(.settle(settlement), of: job, at: time)
        } catch {
            return .fenced(currentStatus: error.status)
        }
        if settlement.outcome != .acknowledgeCancel {
            // The run's lines belong to its attempt, which giving the job back takes off the count.
            if let report = settlement.report { append(report, to: job) }
        }
        if case .complete(let result) = settlement.outcome { addFiles(result.files, to: job.number) }
        let followUps = try insert(settlement.followUps, scope: Scope(tenantOf: job), at: time)
        assert(followUps.count == settlement.followUps.count)
        return .applied(changed.status)
    }

    mutating func addFiles(_ files: [JobFile], to number: Int64) {
        guard !files.isEmpty else { return }
        amend(number) { record in
            for file in files { record.files[Name(file.name)] = file }
        }
        let keys = Set(files.map(\.key))
        for (id, stored) in uploads where stored.job == nil && keys.contains(stored.upload.key) {
            uploads[id]?.job = number
        }
    }
}

extension Scope {
    /// The scope under which a job's follow-ups are submitted.
    init(tenantOf job: Job) {
        self = job.tenantId.map { .tenant($0) } ?? .system
    }
}
