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
            case .new(let place, let outcome):
                let job = plan.jobs[place].job
                let createdAt = outcome == .inserted ? job.createdAt : nil
                return InsertedJob(id: job.id, number: job.number, outcome: outcome, createdAt: createdAt)
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
            throw JobStoreError(
                .invalid,
                "The project \(new.projectId ?? "none") is not one that may be submitted to.",
                pointer: "/\(index)/projectId"
            )
        }
        if let replay = try replay(of: new, at: index, scope, in: plan) { return plan.answers.append(replay) }
        if let answer = try resolveKey(of: new, at: index, in: &plan) {
            if let id = new.id { plan.aliases[id] = answer }
            return plan.answers.append(answer)
        }
        let place = plan.jobs.count
        let (open, failed, after) = try dependencies(of: new, at: index, scope, place, in: &plan)
        try plan.useUploads(of: new, at: index, by: .new(place))
        if let webhook = new.webhook { plan.webhooks.append((place, webhook)) }
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
            fingerprint: new.id == nil ? nil : new.fingerprint
        )
    }

    /// The answer to a submit that came before.
    private func replay(
        of new: NewJob,
        at index: Int,
        _ scope: Scope,
        in plan: InsertPlan
    ) throws(JobStoreError) -> InsertPlan.Answer? {
        guard let id = new.id else { return nil }
        if let place = plan.places[id], plan.jobs[place].fingerprint == new.fingerprint {
            return .new(place, .replayed)
        }
        if let known = plan.known[id], known.fingerprint == new.fingerprint,
            scope.includes(tenantId: known.tenant, projectId: known.project)
        {
            return .stored(InsertedJob(id: id, number: known.number, outcome: .replayed))
        }
        guard plan.places[id] == nil, plan.known[id] == nil else {
            throw JobStoreError(
                .idempotencyMismatch,
                "Another job has the id \(id); use a new one for another job.",
                pointer: "/\(index)/id"
            )
        }
        if plan.buried.contains(id) {
            throw JobStoreError(.gone, "Job \(id) has expired or was deleted.", pointer: "/\(index)/id")
        }
        return nil
    }

    /// What becomes of a submit whose unique key is taken.
    private func resolveKey(
        of new: NewJob,
        at index: Int,
        in plan: inout InsertPlan
    ) throws(JobStoreError) -> InsertPlan.Answer? {
        guard let name = new.uniqueKey else { return nil }
        let key = InsertPlan.Key(type: new.type, key: name)
        let place = plan.holders[key]
        let number = plan.storedHolders[key]
        guard let holder = place.map({ plan.jobs[$0].job }) ?? number.flatMap({ held[$0]?.job }) else { return nil }
        if new.onConflict == .return, !holder.status.isTerminal { return answer(holder, place, .existing) }
        guard new.onConflict == .replace, holder.status == .queued else {
            throw .uniqueConflict(with: holder, at: time, pointer: "/\(index)/uniqueKey")
        }
        if let place {
            try plan.useUploads(of: new, at: index, by: .new(place))
            let replaced = try? holder.applying(.replace(new), at: time, rules: rules)  // It is queued, so it applies.
            plan.jobs[place].job = replaced ?? holder
        } else if let number {
            try plan.useUploads(of: new, at: index, by: .stored(number))
            _ = try apply(.replace(new), to: number)
        }
        return answer(holder, place, .replaced)
    }

    private func answer(_ holder: Job, _ place: Int?, _ outcome: InsertedJob.Outcome) -> InsertPlan.Answer {
        place.map { .new($0, outcome) }
            ?? .stored(InsertedJob(id: holder.id, number: holder.number, outcome: outcome))
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
                throw JobStoreError(
                    .invalid,
                    "There is no job \(id) to wait for.",
                    pointer: "/\(index)/after/\(position)"
                )
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

extension JobStoreError {
    static func uniqueConflict(with holder: Job, at time: StoreTime, pointer: String? = nil) -> JobStoreError {
        if holder.status.isTerminal, let stop = holder.stopping {
            return .keyHeld(byStopOf: holder.id, until: stop.end, at: time, pointer: pointer)
        }
        return JobStoreError(
            .uniqueConflict,
            "Job \(holder.id) has the unique key \(holder.uniqueKey ?? "") and is \(holder.status.rawValue).",
            pointer: pointer,
            currentStatus: holder.status
        )
    }
}
#endif
