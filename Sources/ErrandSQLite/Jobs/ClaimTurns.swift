import Errand

/// Decides whose turn it is in a claim: queues take turns, in each queue its tenants, one job a turn.
///
/// Queues and tenants go by name, starting after the one served last. Within a tenant the order is priority, `runAt`,
/// number, over all the types asked for.
struct ClaimTurns {
    private struct QueueTurns {
        let name: Name
        var tenants: [TenantTurns]
        var nextTenant = 0
        /// How many more of its jobs may be claimed; nil is any number.
        var room: Int?
    }

    private struct TenantTurns {
        let name: Name
        let lanes: [Int]
        /// Its name for ``room``; none is the system.
        var tenant: Name? { name.isEmpty ? nil : name }
        var candidates: ArraySlice<Candidate> = []
        var isExhausted = false
    }

    private struct Candidate: Comparable {
        let lane: Int
        let place: ClaimPlace

        static func < (left: Candidate, right: Candidate) -> Bool { left.place < right.place }
    }

    private let session: SQLiteSession
    private let limit: Int
    /// The numbers of the only projects whose jobs may be taken; nil takes all.
    private let projects: Set<Int64>?
    private var queues: [QueueTurns]
    private var nextQueue = 0
    private var servedQueue: Name?
    private var servedTenants: [Name: Name] = [:]
    private var takenPlaces: [Int: ClaimPlace] = [:]
    /// What each tenant may still be given.
    private(set) var room: TenantRoom
    /// The last job taken of each lane, up to which the lane is claimed then; none where jobs in between were left.
    var lastPlaces: [Int: ClaimPlace] { projects == nil ? takenPlaces : [:] }

    /// Where the rotations stand after the claim.
    var lastServed: (queue: Name, tenants: [Name: Name])? { servedQueue.map { ($0, servedTenants) } }

    init(session: SQLiteSession, request: ClaimRequest) {
        self.session = session
        limit = request.limit
        projects = request.projects.map { session.projectNumbers(of: $0, tenant: request.tenantId) }
        room = session.tenantRoom(for: request)
        var lanes: [Name: [Name: [Int]]] = [:]
        for lane in session.memory.readyLanes {
            let key = session.memory.lanes[lane].key
            guard request.wants(key), session.memory.queues[key.queue]?.pause == nil else { continue }
            lanes[key.queue, default: [:]][key.tenant ?? "", default: []].append(lane)
        }
        let memory = session.memory
        queues = lanes.sorted { $0.key < $1.key }.map { name, tenants in
            let turns = tenants.sorted { $0.key < $1.key }.map { TenantTurns(name: $0.key, lanes: $0.value) }
            let start = memory.lastTenant[name]
            let rotated = turns.rotated { tenant in start.map { tenant.name > $0 } ?? true }
            return QueueTurns(name: name, tenants: rotated, room: session.room(in: name))
        }
        queues = queues.rotated { queue in memory.lastQueue.map { queue.name > $0 } ?? true }
    }

    /// The jobs to claim, in the order of the turns.
    mutating func takeAll() throws(JobStoreError) -> [Int64] {
        if queues.count == 1, queues[0].tenants.count == 1 { return try takeAllOfTheOnly() }
        var numbers: [Int64] = []
        while numbers.count < limit, let number = try next() { numbers.append(number) }
        return numbers
    }

    /// Where nobody else has a turn, nothing has to be asked for each job.
    private mutating func takeAllOfTheOnly() throws(JobStoreError) -> [Int64] {
        try refill(&queues[0].tenants[0])
        let tenant = queues[0].tenants[0]
        let left = room.left(tenant.tenant, in: queues[0].name)
        let taken = tenant.candidates.prefix(min(queues[0].room ?? limit, left ?? limit))
        if let left, left < queues[0].room ?? .max, left < tenant.candidates.count { room.holdBack() }
        guard !taken.isEmpty else { return [] }
        for candidate in taken { takenPlaces[candidate.lane] = candidate.place }
        servedQueue = queues[0].name
        servedTenants[queues[0].name] = tenant.name
        return taken.map(\.place.number)
    }

    /// The next job to claim; nil when nothing can run.
    private mutating func next() throws(JobStoreError) -> Int64? {
        while !queues.isEmpty {
            if nextQueue >= queues.count { nextQueue = 0 }
            if queues[nextQueue].room == 0 || queues[nextQueue].tenants.isEmpty {
                queues.remove(at: nextQueue)
                continue
            }
            if let number = try nextOfQueue(nextQueue) {
                nextQueue += 1
                return number
            }
        }
        return nil
    }

    private mutating func nextOfQueue(_ queue: Int) throws(JobStoreError) -> Int64? {
        while !queues[queue].tenants.isEmpty {
            if queues[queue].nextTenant >= queues[queue].tenants.count { queues[queue].nextTenant = 0 }
            let turn = queues[queue].nextTenant
            try refill(&queues[queue].tenants[turn])
            let tenant = queues[queue].tenants[turn].tenant
            let isFull = room.left(tenant, in: queues[queue].name) == 0
            if isFull, !queues[queue].tenants[turn].candidates.isEmpty { room.holdBack() }
            guard !isFull, let candidate = queues[queue].tenants[turn].candidates.popFirst() else {
                queues[queue].tenants.remove(at: turn)
                continue
            }
            room.take(1, of: tenant, in: queues[queue].name)
            queues[queue].nextTenant += 1
            queues[queue].room = queues[queue].room.map { $0 - 1 }
            takenPlaces[candidate.lane] = candidate.place
            servedQueue = queues[queue].name
            servedTenants[queues[queue].name] = queues[queue].tenants[turn].name
            return candidate.place.number
        }
        return nil
    }

    /// Reads the tenant's first jobs from the claim index, enough for the whole claim: they are few and small.
    private func refill(_ tenant: inout TenantTurns) throws(JobStoreError) {
        guard tenant.candidates.isEmpty, !tenant.isExhausted else { return }
        tenant.isExhausted = true
        var found: [Candidate] = []
        for lane in tenant.lanes {
            found += try session.firstClaimable(of: lane, in: projects, limit: limit).map {
                Candidate(lane: lane, place: $0)
            }
        }
        if tenant.lanes.count > 1 { found.sort() }
        tenant.candidates = found.prefix(limit)
    }
}

extension SQLiteSession {
    /// The lane's first jobs that can be claimed, in its order.
    fileprivate func firstClaimable(
        of lane: Int,
        in projects: Set<Int64>?,
        limit: Int
    ) throws(JobStoreError) -> [ClaimPlace] {
        var places: [ClaimPlace] = []
        let claimed = memory.lanes[lane].claimedUpTo
        if let claimed {
            // The rest of those that fell due in the same millisecond, which may be all of a large batch.
            let select = try sql(
                """
                SELECT rank, run_at, number FROM jobs
                WHERE phase = 0 AND lane = ? AND rank = ? AND run_at = ? AND number > ? ORDER BY number
                """
            )
            select.bind(2, claimed.rank)
            select.bind(3, claimed.runAt)
            select.bind(4, claimed.number)
            try add(&places, from: select, of: lane, in: projects, limit: limit)
        }
        guard places.count < limit else { return places }
        let select = try sql(
            """
            SELECT rank, run_at, number FROM jobs WHERE phase = 0 AND lane = ? AND (rank, run_at) > (?, ?)
            ORDER BY rank, run_at, number
            """
        )
        select.bind(2, claimed?.rank ?? .min)
        select.bind(3, claimed?.runAt ?? .min)
        try add(&places, from: select, of: lane, in: projects, limit: limit)
        return places
    }

    private func add(
        _ places: inout [ClaimPlace],
        from select: SQLStatement,
        of lane: Int,
        in projects: Set<Int64>?,
        limit: Int
    ) throws(JobStoreError) {
        select.bind(1, lane)
        defer { select.reset() }
        while places.count < limit, try select.step() {
            let place = ClaimPlace(rank: select.int(0), runAt: select.int(1), number: select.int(2))
            guard leases[place.number] == nil, try isJob(place.number, in: projects) else { continue }
            places.append(place)
        }
    }

    /// Whether a job is of one of the projects; the claim index does not know, so only limited claims look.
    private func isJob(_ number: Int64, in projects: Set<Int64>?) throws(JobStoreError) -> Bool {
        guard let projects else { return true }
        let select = try sql("SELECT project FROM jobs WHERE number = ?")
        select.bind(1, number)
        return try select.firstInt().map(projects.contains) ?? false
    }
}

extension SQLiteSession {
    /// How many more jobs of a queue may be claimed; nil where nothing limits it.
    fileprivate func room(in queue: Name) -> Int? {
        [roomToRun(in: queue), memory.rates[queue]?.room(at: time.steady)].compactMap(\.self).min()
    }

    /// What claims may give each tenant.
    fileprivate func tenantRoom(for request: ClaimRequest) -> TenantRoom {
        var running: [Name: Int] = [:]
        if request.runningJobsPerTenant != nil {
            memory.limitsTenants = true
            for lane in memory.lanes where lane.running > 0 && TenantRoom.counts(lane.key.queue) {
                if let tenant = lane.key.tenant { running[tenant, default: 0] += lane.running }
            }
        }
        return TenantRoom(limit: request.runningJobsPerTenant, running: running)
    }

    /// How many more jobs of a queue may run; nil where nothing limits it.
    func roomToRun(in queue: Name) -> Int? {
        guard let limit = memory.queues[queue]?.concurrency else { return nil }
        let running = memory.lanes.lazy.filter { $0.key.queue == queue }.reduce(0) { $0 + $1.running }
        return max(0, limit - running)
    }
}

extension Array {
    /// The same elements, starting with the first that the condition holds for.
    fileprivate func rotated(from isStart: (Element) -> Bool) -> [Element] {
        guard let start = firstIndex(where: isStart) else { return self }
        return Array(self[start...] + self[..<start])
    }
}
