import Errand
import FoundationEssentials

// What the end of a job means for those that wait for it.
extension MemoryState {
    /// How a job stands to those it names in `after`.
    ///
    /// - Parameters:
    ///   - after: Their ids.
    ///   - isPassedOver: Whether it goes on without one that failed or was cancelled.
    /// - Returns: Whom it waits for, and what cancels it.
    func standing(to after: [JobID], isPassedOver: (JobID) -> Bool) -> Standing {
        var standing = Standing()
        for id in after {
            guard let job = numbers[id].flatMap({ records[$0]?.job }) else { continue }
            standing.add(job.number, id, job.status, isPassedOver: isPassedOver(id))
        }
        return standing
    }

    /// Writes down whom a job that begins to wait waits for; cancels it where one of them will not be completed.
    mutating func wait(_ job: Job, _ standing: Standing, at time: StoreTime) {
        guard let failed = standing.failed else { return amend(job.number) { $0.waitsFor = Set(standing.waiting) } }
        amend(job.number) { $0.waitsFor = [] }
        apply(.dependencyFailed(failed), to: job, at: time)
    }

    /// Notes that those who wait for a job that ended, or whose record goes, have to be told.
    mutating func beginCascade(of job: Job, isCompleted: Bool) {
        guard dependents[job.number] != nil else { return }
        lastCascade += 1
        cascades.append(Cascade(sequence: lastCascade, job: job.number, id: job.id, isCompleted: isCompleted))
    }

    /// Tells those who wait, one step's worth of them, of the ends noted after a sequence number.
    ///
    /// First come, first served; a job that is cancelled so, and has others wait for it, stands at the end.
    mutating func followEnds(after last: Int64 = 0, at time: StoreTime) {
        var left = pace.step
        while left > 0, let index = cascades.firstIndex(where: { $0.sequence > last }) {
            let cascade = cascades[index]
            let next = holds(cascade) ? dependents(after: cascade, atMost: left) : []
            for number in next { tell(number, of: cascade, at: time) }
            cascades[index].reached = next.last ?? cascade.reached
            if next.count < left { cascades.remove(at: index) }
            left -= next.count
        }
    }

    /// Whether the job has not been retried, and has not ended once more, since the record was made.
    private func holds(_ cascade: Cascade) -> Bool {
        cascade.holds(records[cascade.job]?.job.status)
            && !cascades.contains { $0.job == cascade.job && $0.sequence > cascade.sequence }
    }

    private func dependents(after cascade: Cascade, atMost count: Int) -> [Int64] {
        let rest = (dependents[cascade.job] ?? []).filter { $0 > cascade.reached }.sorted()
        return Array(rest.prefix(count))
    }

    private mutating func tell(_ number: Int64, of cascade: Cascade, at time: StoreTime) {
        // One that ended meanwhile waits for nothing: whom it will wait for is written anew by a retry.
        guard let job = records[number]?.job, !job.status.isTerminal else { return }
        amend(number) { $0.waitsFor.remove(cascade.job) }
        apply(cascade.event, to: job, at: time)
    }

    func dependencies(_ reference: JobReference, _ scope: Scope, at time: StoreTime) throws(JobStoreError)
        -> [JobDependency]
    {
        let job = try find(reference, scope, at: time)
        let waitsFor = job.status.isTerminal ? [] : records[job.number]?.waitsFor ?? []
        return job.after.map { id in
            let number = numbers[id]
            return JobDependency(
                id: id,
                status: number.flatMap { records[$0]?.job.status },
                isWaitedFor: number.map { waitsFor.contains($0) } ?? false
            )
        }
    }
}
