import Errand
import FoundationEssentials

extension SQLiteSession {
    /// Stores jobs; when one is refused the caller's savepoint takes all of them back.
    func insert(
        _ jobs: [NewJob],
        tenant: Name?,
        scope: Scope
    ) throws(JobStoreError) -> [InsertedJob] {
        var inserted: [InsertedJob] = []
        var names = BatchNames()
        inserted.reserveCapacity(jobs.count)
        while inserted.count < jobs.count {
            let index = inserted.count
            let batch = jobs[index...].prefix(Self.rowsTogether)
            if batch.count == Self.rowsTogether, batch.areAlike,
                scope.includes(tenantId: tenant, projectId: jobs[index].projectId)
            {
                inserted += try insertTogether(batch, tenant: tenant)
            } else {
                let job = jobs[index]
                let new = try insert(job, waitingFor: names.after(of: job), at: index, tenant: tenant, scope: scope)
                names.note(job, new)
                inserted.append(new)
            }
        }
        return inserted
    }

    private func insert(
        _ job: NewJob,
        waitingFor after: [JobID],
        at index: Int,
        tenant: Name?,
        scope: Scope
    ) throws(JobStoreError) -> InsertedJob {
        guard scope.includes(tenantId: tenant, projectId: job.projectId) else {
            throw .projectOutOfReach(job.projectId, at: index)
        }
        if job.request != nil { try keepRequest(of: job, tenant: tenant) }
        if let id = job.id, let replay = try replay(of: job, id: id, at: index, tenant: tenant, scope: scope) {
            return replay
        }
        let lane = try lane(queue: job.queue, type: job.type, tenant: tenant)
        if let existing = try existing(for: job, tenant: tenant, scope: scope, at: index) {
            if job.id != nil { try keep(existing, to: job, tenant: tenant) }
            return existing
        }
        let dependencies = try dependencies(after, tenant: tenant, at: index)
        let number = takeNumbers(1)
        let id = job.id ?? identifiers.next(at: time.wall)
        let blockedBy = dependencies.blockedBy
        let new = NewRow(job: job, after: after, number: number, id: id, lane: lane, blockedBy: blockedBy)
        try store(new, tenant: tenant)
        try useUploads(job, number: number, tenant: tenant, at: index)
        try add(job.webhook, to: number, tenant: tenant)
        noteInserted(new, tenant: tenant)
        if dependencies.blockedBy > 0 { try wait(number, dependencies) }
        return InsertedJob(id: id, number: number, outcome: .inserted, createdAt: time.wall)
    }

    /// Takes the next numbers; the first of them is returned.
    func takeNumbers(_ count: Int) -> Int64 {
        onUndo(.nextNumber(memory.nextNumber))
        defer { memory.nextNumber += Int64(count) }
        return memory.nextNumber
    }

    /// What the unique key decides, where another active job has it.
    private func existing(
        for job: NewJob,
        tenant: Name?,
        scope: Scope,
        at index: Int
    ) throws(JobStoreError) -> InsertedJob? {
        guard let key = job.uniqueKey else { return nil }
        let find = try sql("SELECT number FROM jobs WHERE active_key = ?")
        find.bind(1, UniqueKey(type: job.type, tenant: tenant).stored(key))
        guard let number = try find.firstInt(), let state = try state(number) else { return nil }
        guard includes(state, scope) else { throw .uniqueConflict(with: nil, key: key, at: index) }
        if state.status.isTerminal, let stop = stops[number] {
            throw .keyHeld(byStopOf: state.id, until: stop.run.end, at: time, pointer: "/\(index)/uniqueKey")
        }
        switch job.onConflict {
        case .return: return InsertedJob(id: state.id, number: number, outcome: .existing)
        case .reject: throw .uniqueConflict(with: (state.id, state.status), key: key, at: index)
        case .replace:
            try useUploads(job, number: number, tenant: tenant, at: index)
            try replace(state, with: job, at: index)
            return InsertedJob(id: state.id, number: number, outcome: .replaced)
        }
    }

    /// How the new job stands to those it waits for; none of them is passed over.
    private func dependencies(_ after: [JobID], tenant: Name?, at index: Int) throws(JobStoreError) -> Standing {
        var standing = Standing()
        for (place, id) in after.enumerated() {
            guard let number = try number(of: id), let state = try state(number),
                memory.lanes[state.lane].key.tenant == tenant
            else { throw .unknownDependency(id, at: index, place) }
            standing.add(number, id, state.status, isPassedOver: false)
        }
        return standing
    }

    private func useUploads(
        _ job: NewJob,
        number: Int64,
        tenant: Name?,
        at index: Int
    ) throws(JobStoreError) {
        for (place, id) in job.uploads.enumerated() {
            let statement = try sql(
                """
                UPDATE uploads SET job = ? WHERE id = ? AND tenant IS ? AND (job IS NOT NULL OR expires_at > ?)
                RETURNING 1
                """
            )
            statement.bind(1, number)
            statement.bind(2, id)
            statement.bind(3, tenant)
            statement.bind(4, now)
            guard try statement.firstInt() != nil else {
                throw .unknownUpload(id, at: index, place)
            }
        }
    }

    private func noteInserted(_ new: NewRow, tenant: Name?) {
        let status = new.startsRunning ? JobStatus.running : .queued
        // The row was stored with its project, so the project is known and nothing is asked of the database.
        let project = try? project(new.job.projectId, tenant: memory.lanes[new.lane].tenant)
        count(CountKey(lane: new.lane, project: project), status, 1)
        switch new.phase(at: now) {
        case .due: addClaimable(new.lane, 1, at: ClaimPlace(new, now))
        case .scheduled: noteDue(new.lane, min(new.runAt(now), memory.lanes[new.lane].earliestDue ?? .max))
        case .tracked, .blocked, .stopping: break
        }
        if interest.contains(.jobs) { noteInserted(new.id, tenant, new.job.projectId) }
    }

    /// Tells subscribers of a new job.
    func noteInserted(_ id: JobID, _ tenant: Name?, _ project: Name?) {
        changes.jobs[id] = JobChange(id: id, tenantId: tenant, projectId: project, rev: 1)
    }
}

/// A job that is being stored, and the choices the store made for it.
struct NewRow {
    let job: NewJob
    /// The jobs it waits for, as the store knows them.
    var after: [JobID] = []
    let number: Int64
    let id: JobID
    let lane: Int
    let blockedBy: Int

    var startsRunning: Bool { job.tracking != nil && job.startsRunning }
    func runAt(_ now: Int64) -> Int64 { job.dueAt(storedAt: Date(milliseconds: now)).milliseconds }
    func phase(at now: Int64) -> JobPhase {
        if job.tracking != nil { return .tracked }
        if blockedBy > 0 { return .blocked }
        return runAt(now) <= now ? .due : .scheduled
    }
}

extension ClaimPlace {
    init(_ new: NewRow, _ now: Int64) {
        self.init(rank: Int64(new.job.priority), runAt: new.runAt(now), number: new.number)
    }
}
