import Errand
import FoundationEssentials

extension MemoryState {
    mutating func insert(
        _ jobs: [NewJob],
        scope: Scope,
        at time: StoreTime
    ) throws(JobStoreError) -> [InsertedJob] {
        for (index, job) in jobs.enumerated() { try job.validate(at: index) }
        var answers: [InsertedJob] = []
        var names = BatchNames()
        answers.reserveCapacity(jobs.count)
        for (index, job) in jobs.enumerated() {
            let answer = try insert(job, waitingFor: names.after(of: job), at: index, scope: scope, time)
            names.note(job, answer)
            answers.append(answer)
        }
        return answers
    }

    private mutating func insert(
        _ new: NewJob,
        waitingFor after: [JobID],
        at index: Int,
        scope: Scope,
        _ time: StoreTime
    ) throws(JobStoreError) -> InsertedJob {
        guard scope.includes(tenantId: scope.tenantId, projectId: new.projectId) else {
            throw JobStoreError(
                .invalid,
                "The project \(new.projectId ?? "none") is not one that may be submitted to.",
                pointer: "/\(index)/projectId"
            )
        }
        if let replay = try replay(of: new, at: index, scope: scope, time) { return replay }
        if let holder = holder(of: new, scope: scope) {
            return try resolve(new, against: holder, at: index, scope, time)
        }
        let dependencies = try dependencies(after, at: index, scope: scope)
        try takeUploads(new, at: index, scope: scope, time, as: lastNumber + 1)
        let tenant = scope.tenantId
        let job = keep(new, waitingFor: after, tenantId: tenant, blockedBy: dependencies.blockedBy, at: time)
        wait(job, dependencies, at: time)
        return InsertedJob(id: job.id, number: job.number, outcome: .inserted, createdAt: job.createdAt)
    }

    /// Stores a job that nothing refuses any more.
    mutating func keep(
        _ new: NewJob,
        waitingFor after: [JobID] = [],
        tenantId: Name?,
        blockedBy: Int = 0,
        at time: StoreTime
    ) -> Job {
        lastNumber += 1
        var job = Job.submitted(
            new,
            as: (id: new.id ?? ids.next(at: time.wall), number: lastNumber),
            tenantId: tenantId,
            blockedBy: blockedBy,
            at: time,
            rules: rules
        )
        job.after = after
        set(MemoryRecord(job: job, submitted: new.id == nil ? nil : new), at: job.number)
        tell(of: job)
        add(new.webhook, to: job, at: time)
        return job
    }

    /// The job that came of the same submit before.
    private func replay(
        of new: NewJob,
        at index: Int,
        scope: Scope,
        _ time: StoreTime
    ) throws(JobStoreError) -> InsertedJob? {
        guard let id = new.id else { return nil }
        if let number = numbers[id], let record = records[number] {
            guard record.submitted?.fingerprint == new.fingerprint, scope.includes(record.job) else {
                throw JobStoreError(
                    .idempotencyMismatch,
                    "Another job has the id \(id); use a new one for another job.",
                    pointer: "/\(index)/id"
                )
            }
            return InsertedJob(id: id, number: number, outcome: .replayed)
        }
        if tombstones[.id(id), at: time] != nil {
            throw JobStoreError(.gone, "Job \(id) has expired or was deleted.", pointer: "/\(index)/id")
        }
        return nil
    }

    private func holder(of new: NewJob, scope: Scope) -> Job? {
        guard let key = new.uniqueKey else { return nil }
        let holder = holders[UniqueKey(type: new.type, tenantId: scope.tenantId, key: key)]
        return holder.flatMap { records[$0]?.job }
    }

    private mutating func resolve(
        _ new: NewJob,
        against holder: Job,
        at index: Int,
        _ scope: Scope,
        _ time: StoreTime
    ) throws(JobStoreError) -> InsertedJob {
        if holder.status.isTerminal, let stop = holder.stopping {
            throw .keyHeld(byStopOf: holder.id, until: stop.end, at: time, pointer: "/\(index)/uniqueKey")
        }
        switch new.onConflict {
        case .return:
            return InsertedJob(id: holder.id, number: holder.number, outcome: .existing)
        case .replace where holder.status == .queued:
            try takeUploads(new, at: index, scope: scope, time, as: holder.number)
            apply(.replace(new), to: holder, at: time)
            return InsertedJob(id: holder.id, number: holder.number, outcome: .replaced)
        case .replace, .reject:
            throw .uniqueConflict(with: holder, pointer: "/\(index)/uniqueKey")
        }
    }

    /// How the new job stands to those in `after`; none of them is passed over.
    private func dependencies(
        _ after: [JobID],
        at index: Int,
        scope: Scope
    ) throws(JobStoreError) -> Standing {
        for (place, id) in after.enumerated() {
            guard let job = numbers[id].flatMap({ records[$0]?.job }), job.tenantId == scope.tenantId else {
                throw JobStoreError(.invalid, "There is no job \(id) to wait for.", pointer: "/\(index)/after/\(place)")
            }
        }
        return standing(to: after) { _ in false }
    }
}

extension JobStoreError {
    static func uniqueConflict(with holder: Job, pointer: String? = nil) -> JobStoreError {
        JobStoreError(
            .uniqueConflict,
            "Job \(holder.id) has the unique key \(holder.uniqueKey ?? "") and is \(holder.status.rawValue).",
            pointer: pointer,
            currentStatus: holder.status
        )
    }
}
