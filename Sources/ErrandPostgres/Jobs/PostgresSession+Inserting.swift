#if Postgres
import Errand
import FoundationEssentials

extension PostgresSession {
    /// Stores jobs, or none of them; replays, unique keys and dependencies are decided here.
    func insert(_ jobs: [NewJob], scope: Scope) throws(JobStoreError) -> [InsertedJob] {
        var plan = InsertPlan()
        try lookUp(jobs, scope, for: &plan)
        try lockUploads(jobs, scope, for: &plan)
        for (index, job) in jobs.enumerated() { try add(job, at: index, scope, to: &plan) }
        try write(&plan)
        return plan.answers.map { answer in
            switch answer {
            case .stored(let inserted): return inserted
            case .new(let place, let outcome, let first):
                let job = plan.jobs[place].job
                return InsertedJob(
                    id: job.id,
                    number: job.number,
                    outcome: outcome,
                    createdAt: outcome == .inserted ? job.createdAt : nil,
                    firstOutcome: first
                )
            }
        }
    }

    /// Decides what becomes of one job.
    private func add(
        _ new: NewJob,
        at index: Int,
        _ scope: Scope,
        to plan: inout InsertPlan
    ) throws(JobStoreError) {
        guard scope.includes(tenantId: scope.tenantId, projectId: new.projectId) else {
            throw .projectOutOfReach(new.projectId, at: index)
        }
        if let replay = try replay(of: new, at: index, scope, in: plan) {
            if let id = new.id { plan.aliases[id] = replay }
            return plan.answers.append(replay)
        }
        if let answer = try resolveKey(of: new, at: index, scope, in: &plan) {
            if let id = new.id { plan.aliases[id] = answer }
            return plan.answers.append(answer)
        }
        let place = plan.jobs.count
        let (open, failed, after) = try dependencies(of: new, at: index, scope, place, in: &plan)
        try plan.useUploads(of: new, at: index, by: .new(place))
        if let webhook = new.webhook { plan.webhooks.append((.new(place), webhook)) }
        let job = try held(new, scope, open, failed)
        job.job.after = after
        plan.add(job, isClientMade: new.id != nil)
    }

    /// The job as it is to be stored: cancelled already, where what it waits for has failed.
    func held(
        _ new: NewJob,
        _ scope: Scope,
        _ blockedBy: Int,
        _ failed: JobID?
    ) throws(JobStoreError) -> HeldJob {
        var job = Job.submitted(
            new,
            as: (id: new.id ?? context.options.identifiers.next(at: time.wall), number: 0),
            tenantId: scope.tenantId,
            blockedBy: blockedBy,
            at: time,
            rules: rules
        )
        if let failed {
            // A tracked job that starts out as running waits for nothing: the refusal leaves it as it is.
            if let cancelled = try? job.applying(.dependencyFailed(failed), at: time, rules: rules) { job = cancelled }
        }
        return HeldJob(
            job: job,
            stored: nil,
            hasDependents: new.webhook != nil,
            fingerprint: new.id == nil ? nil : new.fingerprint.text
        )
    }

    /// For how many jobs in `after` it counts as blocked, the first of them that will not be completed, and all of them
    /// as they are known.
    private func dependencies(
        of new: NewJob,
        at index: Int,
        _ scope: Scope,
        _ place: Int,
        in plan: inout InsertPlan
    ) throws(JobStoreError) -> (blockedBy: Int, failed: JobID?, after: [JobID]) {
        var failed: JobID?
        var (inner, stored): (Set<Int>, Set<Int64>) = ([], [])
        var after: [JobID] = []
        for (position, id) in new.after.enumerated() {
            let (earlier, number) = plan.place(of: id)
            let found = earlier.map { plan.jobs[$0].job } ?? number.flatMap { held[$0]?.job }
            guard let job = found, job.tenantId == scope.tenantId else {
                throw .unknownDependency(id, at: index, position)
            }
            after.append(job.id)
            if job.status == .completed { continue }
            if job.status.isTerminal {
                failed = failed ?? job.id
            } else if let earlier {
                inner.insert(earlier)
            } else if let number {
                stored.insert(number)
            }
        }
        guard failed == nil else { return (inner.count + stored.count + 1, failed, after) }
        plan.innerDependencies += inner.sorted().map { ($0, place) }
        plan.storedDependencies += stored.sorted().map { ($0, place) }
        return (inner.count + stored.count, nil, after)
    }
}
#endif
