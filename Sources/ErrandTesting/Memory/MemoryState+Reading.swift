import Errand
import FoundationEssentials

extension MemoryState {
    func page(_ filter: JobFilter, _ page: PageRequest, _ scope: Scope) -> JobPage {
        let limit = min(max(page.limit, 1), 1000)
        let numbers: any Sequence<Int64> =
            page.isOldestFirst
            ? stride(from: max(page.before ?? 0, 0).saturatingSum(1), through: lastNumber, by: 1)
            : stride(from: min((page.before ?? .max).saturatingDifference(1), lastNumber), to: 0, by: -1)
        var jobs: [Job] = []
        for number in numbers {
            if let job = records[number]?.job, scope.includes(job), filter.includes(job) { jobs.append(visible(job)) }
            if jobs.count > limit { break }
        }
        guard jobs.count > limit else { return JobPage(jobs: jobs, next: nil) }
        jobs.removeLast()
        return JobPage(jobs: jobs, next: jobs.last?.number)
    }

    func count(_ filter: JobFilter, upTo limit: Int?, _ scope: Scope) -> Int {
        let found = records.values.lazy.map(\.job).filter { scope.includes($0) && filter.includes($0) }
        return limit.map { found.prefix(max(0, $0)).count } ?? found.count
    }

    func counts(_ grouping: JobGrouping, _ projectId: Name?, _ scope: Scope) -> [Name: StatusCounts] {
        var counts: [Name: StatusCounts] = [:]
        for job in records.values.lazy.map(\.job)
        where scope.includes(job) && (projectId == nil || job.projectId == projectId) {
            counts[job.group(grouping), default: StatusCounts()][job.status] += 1
        }
        return counts
    }

    func liveWorkers(_ scope: Scope, at time: StoreTime) -> [LiveWorker] {
        let held = running.compactMap { number -> (worker: Name, held: HeldLease)? in
            guard let job = records[number]?.job, scope.includes(job), let worker = job.workerId, let end = job.leaseEnd
            else { return nil }
            let lease = JobLease(id: job.id, number: number, fence: job.fence)
            return (worker, HeldLease(lease: lease, expiresAt: time.wall(at: end)))
        }
        return LiveWorker.list(workers.list(at: time), holding: held)
    }

    func queueStates(_ scope: Scope, at time: StoreTime) -> [QueueState] {
        var states = queues.reduce(into: [Name: QueueState]()) { states, queue in
            states[queue.key] = QueueState(name: queue.key, queue.value.record)
        }
        for job in records.values.lazy.map(\.job) where scope.includes(job) {
            var job = visible(job)
            job.endStop(at: time)
            var state = states[job.queue] ?? QueueState(name: job.queue)
            state.counts[job.status] += 1
            if job.tracking == nil, job.substate(at: time.wall) == .ready {
                let age = Duration.milliseconds(time.wall.milliseconds - job.runAt.milliseconds)
                state.oldestReady = max(state.oldestReady ?? age, age)
            }
            states[job.queue] = state
        }
        return states.values.sorted { $0.name < $1.name }
    }
}

extension Job {
    fileprivate func group(_ grouping: JobGrouping) -> Name {
        switch grouping {
        case .type: type
        case .queue: queue
        case .project: projectId ?? ""
        }
    }
}

extension JobFilter {
    fileprivate func includes(_ job: Job) -> Bool {
        statuses.map { $0.contains(job.status) } ?? true
            && types.map { $0.contains(job.type) } ?? true
            && projectId.map { $0 == job.projectId } ?? true
            && queue.map { $0 == job.queue } ?? true
            && tag.map { job.tags.map({ Name($0) }).contains(Name($0)) } ?? true
            && createdBy.map { Name($0) == job.createdBy.map { Name($0) } } ?? true
            && createdAfter.map { $0.date <= job.createdAt } ?? true
            && createdBefore.map { job.createdAt < $0.date } ?? true
            && search.map { JobSearch($0).finds(job) } ?? true
    }
}
