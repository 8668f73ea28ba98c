#if Postgres
import Errand
import FoundationEssentials

// Submits that come again, and those whose unique key another job has.
extension PostgresSession {
    /// The answer to a submit that came before.
    func replay(
        of new: NewJob,
        at index: Int,
        _ scope: Scope,
        in plan: InsertPlan
    ) throws(JobStoreError) -> InsertPlan.Answer? {
        guard let id = new.id else { return nil }
        if let place = plan.places[id] {
            guard new.repeats(plan.jobs[place].fingerprint) else { throw .usedID(id, at: index) }
            return .new(place, .replayed)
        }
        if let known = plan.known[id] {
            guard scope.includes(tenantId: known.tenant, projectId: known.project), new.repeats(known.fingerprint)
            else { throw .usedID(id, at: index) }
            return .stored(InsertedJob(id: id, number: known.number, outcome: .replayed))
        }
        if let answer = try keptAnswer(to: new, id, at: index, scope, in: plan) { return answer }
        if plan.buried.contains(id) { throw .goneJob(ofID: id, at: index) }
        return nil
    }

    /// The answer to a submit that came before and made no job of its own.
    private func keptAnswer(
        to new: NewJob,
        _ id: JobID,
        at index: Int,
        _ scope: Scope,
        in plan: InsertPlan
    ) throws(JobStoreError) -> InsertPlan.Answer? {
        if let (answer, given) = plan.keptHere[id] {
            _ = try answer.job(for: new, tenantId: scope.tenantId, at: index)
            switch given {
            case .new(let place, let outcome, _): return .new(place, .replayed, first: outcome)
            case .stored(let job):
                return .stored(
                    InsertedJob(id: job.id, number: job.number, outcome: .replayed, firstOutcome: job.outcome)
                )
            }
        }
        guard let (answer, job) = plan.kept[id] else { return nil }
        let number = try answer.job(for: new, tenantId: scope.tenantId, at: index)
        guard let job else { throw .goneJob(ofID: id, at: index) }
        return .stored(InsertedJob(id: job, number: number, outcome: .replayed, firstOutcome: answer.outcome))
    }

    /// What becomes of a submit whose unique key is taken.
    func resolveKey(
        of new: NewJob,
        at index: Int,
        _ scope: Scope,
        in plan: inout InsertPlan
    ) throws(JobStoreError) -> InsertPlan.Answer? {
        guard let name = new.uniqueKey else { return nil }
        let key = InsertPlan.Key(type: new.type, key: name)
        let place = plan.holders[key]
        let number = plan.storedHolders[key]
        guard let holder = place.map({ plan.jobs[$0].job }) ?? number.flatMap({ held[$0]?.job }) else { return nil }
        guard scope.includes(holder) else { throw .uniqueConflict(with: nil, key: name, at: index) }
        if holder.status.isTerminal { throw .uniqueConflict(with: holder, key: name, at: index, now: time) }
        switch new.onConflict {
        case .return: return plan.keep(answer(holder, place, .existing), to: new, number, scope, time)
        case .reject: throw .uniqueConflict(with: (holder.id, holder.status), key: name, at: index)
        case .replace: break
        }
        let user = place.map { InsertPlan.User.new($0) } ?? .stored(holder.number)
        try plan.useUploads(of: new, at: index, by: user)
        if let refusal = try replace(holder, place, with: new, in: &plan) {
            throw .irreplaceable(refusal, holder.id, key: name, at: index)
        }
        plan.webhooks.removeAll { $0.job == user }
        if let webhook = new.webhook { plan.webhooks.append((user, webhook)) }
        return plan.keep(answer(holder, place, .replaced), to: new, number, scope, time)
    }

    /// Makes what a submit says that of the job that has its unique key.
    ///
    /// - Returns: Why that cannot be.
    private func replace(
        _ holder: Job,
        _ place: Int?,
        with new: NewJob,
        in plan: inout InsertPlan
    ) throws(JobStoreError) -> TransitionRefusal? {
        if let place {
            do throws(TransitionRefusal) {
                plan.jobs[place].job = try holder.applying(.replace(new), at: time, rules: rules)
            } catch { return error }
            if new.after.isEmpty { plan.dropDependencies(of: place) }
            plan.jobs[place].hasDependents = plan.jobs[place].hasDependents || new.webhook != nil
            return nil
        }
        if case .failure(let refusal) = try apply(.replace(new), to: holder.number) { return refusal }
        guard let held = held[holder.number] else { return nil }
        held.isReplaced = true
        held.hasDependents = held.hasDependents || new.webhook != nil
        plan.replaced.append((holder.number, new.after.isEmpty))
        return nil
    }

    private func answer(_ holder: Job, _ place: Int?, _ outcome: InsertedJob.Outcome) -> InsertPlan.Answer {
        place.map { .new($0, outcome) }
            ?? .stored(InsertedJob(id: holder.id, number: holder.number, outcome: outcome))
    }
}

extension InsertPlan {
    /// Notes what a submit with an id is answered with, so that it is again when it comes again.
    fileprivate mutating func keep(
        _ answer: Answer,
        to new: NewJob,
        _ number: Int64?,
        _ scope: Scope,
        _ time: StoreTime
    ) -> Answer {
        let outcome: InsertedJob.Outcome =
            switch answer {
            case .new(_, let outcome, _): outcome
            case .stored(let job): job.outcome
            }
        // A job of this batch has no number yet.
        let given = InsertedJob(id: new.id ?? JobID(high: 0, low: 0), number: number ?? 0, outcome: outcome)
        if let kept = KeptAnswer(given, to: new, tenantId: scope.tenantId, at: time.wall) {
            keptHere[kept.id] = (kept, answer)
        }
        return answer
    }

    /// A job of the batch waits for none of those any more that it waited for.
    fileprivate mutating func dropDependencies(of place: Int) {
        storedDependencies.removeAll { $0.dependent == place }
        innerDependencies.removeAll { $0.dependent == place }
    }
}
#endif
