import Errand
import FoundationEssentials

/// Who was served last, so that the next claim goes on with the one after.
struct ClaimRotation: Sendable {
    var queue: Name?
    /// The last tenant of each queue; the inner optional is the system's own jobs.
    var tenants: [Name: Name?] = [:]
}

extension MemoryState {
    mutating func claim(_ request: ClaimRequest, at time: StoreTime) -> Claim {
        let asked = request.queues.map(Set.init) ?? Set(lanes.keys)
        var turn = asked.sorted().filter { lanes[$0]?.isEmpty == false }.rotated(after: rotation.queue)
        var claimed: [ClaimedJob] = []
        var room = TenantRoom(limit: request.runningJobsPerTenant, running: tenantsRunning)
        limitsTenants = limitsTenants || request.runningJobsPerTenant != nil
        while claimed.count < request.limit, !turn.isEmpty {
            for queue in turn where claimed.count < request.limit {
                guard let job = next(in: queue, for: request, time, &room), let run = start(job, request, time) else {
                    turn.removeAll { $0 == queue }
                    continue
                }
                claimed.append(run)
                room.take(1, of: job.tenantId, in: queue)
                rotation.queue = queue
                rotation.tenants[queue] = .some(job.tenantId)
            }
        }
        let due = nextDue(asked, for: request, time)
        return Claim(jobs: claimed, nextDue: room.hasHeldBack ? min(due ?? TenantRoom.pause, TenantRoom.pause) : due)
    }

    private mutating func start(_ job: Job, _ request: ClaimRequest, _ time: StoreTime) -> ClaimedJob? {
        let event = JobEvent.claim(worker: request.worker, leaseEnd: time.steady + request.lease)
        // What `next` offers can be claimed; were it not so, the claim passes the queue over.
        guard let run = try? transition(event, of: job, at: time) else { return nil }
        queues[job.queue]?.rate?.count(1, at: time.steady)
        return ClaimedJob(run)
    }

    /// The job whose turn it is in a queue: the first of the first tenant after the one served last.
    private func next(
        in queue: Name,
        for request: ClaimRequest,
        _ time: StoreTime,
        _ room: inout TenantRoom
    ) -> Job? {
        guard queues[queue]?.rate?.room(at: time.steady) != 0 else { return nil }
        return nextWithoutRate(in: queue, for: request, time, &room)
    }

    /// The job whose turn it would be if the queue had no rate limit.
    private func nextWithoutRate(
        in queue: Name,
        for request: ClaimRequest,
        _ time: StoreTime,
        _ room: inout TenantRoom
    ) -> Job? {
        guard let tenants = lanes[queue], queues[queue]?.pause == nil, hasRoom(queue) else { return nil }
        let names = tenants.keys.sorted { ($0 ?? "") < ($1 ?? "") }
        let order =
            switch rotation.tenants[queue] {
            case .some(let last): names.rotated(after: last) { ($0 ?? "") < ($1 ?? "") }
            case nil: names
            }
        for name in order {
            let place = tenants[name]?.places.first { $0.runAt <= time.wall && request.takes($0, of: self) }
            guard let place else { continue }
            if room.left(name, in: queue) != 0 { return records[place.number]?.job }
            room.holdBack()
        }
        return nil
    }

    func hasReady(_ types: [Name], at time: StoreTime) -> Bool {
        let request = ClaimRequest(worker: "", types: types, limit: 1, lease: .zero)
        var room = TenantRoom(limit: nil, running: [:])
        return lanes.keys.contains { next(in: $0, for: request, time, &room) != nil }
    }

    private func hasRoom(_ queue: Name) -> Bool {
        guard let limit = queues[queue]?.concurrency else { return true }
        return runningCounts[queue, default: 0] < limit
    }

    private func nextDue(_ queues: Set<Name>, for request: ClaimRequest, _ time: StoreTime) -> Duration? {
        let windows = queues.compactMap { nextWindow(in: $0, for: request, time) }
        return (windows + [nextScheduled(queues, for: request, time), nextStopped(time)].compactMap(\.self)).min()
    }

    /// How long until the first of the runs must have stopped that are stopping: it may hold back anything.
    private func nextStopped(_ time: StoreTime) -> Duration? {
        stopping.compactMap { records[$0]?.job.stopping }.map { $0.end - time.steady }.min()
    }

    /// How long the queue's rate limit goes on to hold back what nothing else does.
    private func nextWindow(in queue: Name, for request: ClaimRequest, _ time: StoreTime) -> Duration? {
        guard let wait = queues[queue]?.rate?.wait(at: time.steady) else { return nil }
        var room = TenantRoom(limit: nil, running: [:])
        return nextWithoutRate(in: queue, for: request, time, &room) == nil ? nil : wait
    }

    private func nextScheduled(_ queues: Set<Name>, for request: ClaimRequest, _ time: StoreTime) -> Duration? {
        var earliest: Date?
        for queue in queues {
            for place in (lanes[queue] ?? [:]).values.flatMap(\.places)
            where place.runAt > time.wall && request.takes(place, of: self) {
                earliest = min(earliest ?? place.runAt, place.runAt)
            }
        }
        return earliest.map { .milliseconds($0.milliseconds - time.wall.milliseconds) }
    }
}

extension ClaimRequest {
    fileprivate func takes(_ place: WaitingJobs.Place, of state: MemoryState) -> Bool {
        types.contains(place.type) && (state.records[place.number].map { scope.includes($0.job) } ?? false)
    }
}

extension Array {
    /// The same elements, starting with the first one after another, which need not be among them.
    fileprivate func rotated(after last: Element, by precedes: (Element, Element) -> Bool) -> [Element] {
        guard let start = firstIndex(where: { precedes(last, $0) }) else { return self }
        return Array(self[start...] + self[..<start])
    }
}

extension [Name] {
    fileprivate func rotated(after last: Name?) -> [Name] {
        guard let last else { return self }
        return rotated(after: last, by: <)
    }
}

extension ClaimedJob {
    /// What the worker is told of a job it has just claimed.
    init(_ job: Job) {
        self.init(
            lease: JobLease(id: job.id, number: job.number, fence: job.fence),
            type: job.type,
            queue: job.queue,
            payload: job.payload,
            createdAt: job.createdAt,
            runAt: job.runAt
        )
        (tenantId, projectId) = (job.tenantId, job.projectId)
        (attempt, maxAttempts, lostCount) = (job.attempt, job.maxAttempts, job.lostCount)
        (checkpoint, timeoutSeconds) = (job.checkpoint, job.timeoutSeconds)
        (traceparent, createdBy) = (job.traceparent, job.createdBy)
    }
}
