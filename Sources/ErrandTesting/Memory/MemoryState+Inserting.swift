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
            throw .projectOutOfReach(new.projectId, at: index)
        }
        try keepRequest(of: new, scope: scope, time)
        if let replay = try replay(of: new, at: index, scope: scope, time) { return replay }
        if let holder = holder(of: new, scope: scope) {
            let answer = try resolve(new, against: holder, at: index, scope, time)
            keep(answer, to: new, scope: scope, time)
            return answer
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
        set(MemoryRecord(job: job, fingerprint: new.id == nil ? nil : new.fingerprint.text), at: job.number)
        tell(of: job)
        add(new.webhook, to: job, at: time)
        return job
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
        let key = new.uniqueKey ?? ""
        guard scope.includes(holder) else { throw .uniqueConflict(with: nil, key: key, at: index) }
        if holder.status.isTerminal, let stop = holder.stopping {
            throw .keyHeld(byStopOf: holder.id, until: stop.end, at: time, pointer: "/\(index)/uniqueKey")
        }
        switch new.onConflict {
        case .return: return InsertedJob(id: holder.id, number: holder.number, outcome: .existing)
        case .reject: throw .uniqueConflict(with: (holder.id, holder.status), key: key, at: index)
        case .replace: break
        }
        try takeUploads(new, at: index, scope: scope, time, as: holder.number)
        do throws(TransitionRefusal) {
            add(new.webhook, inPlaceOfThatOf: try transition(.replace(new), of: holder, at: time), at: time)
        } catch { throw .irreplaceable(error, holder.id, key: key, at: index) }
        if new.after.isEmpty { amend(holder.number) { $0.waitsFor = [] } }
        return InsertedJob(id: holder.id, number: holder.number, outcome: .replaced)
    }

    /// How the new job stands to those in `after`; none of them is passed over.
    private func dependencies(
        _ after: [JobID],
        at index: Int,
        scope: Scope
    ) throws(JobStoreError) -> Standing {
        for (place, id) in after.enumerated() {
            guard let job = numbers[id].flatMap({ records[$0]?.job }), job.tenantId == scope.tenantId else {
                throw .unknownDependency(id, at: index, place)
            }
        }
        return standing(to: after) { _ in false }
    }
}
