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
            throw .refused(.invalid, "/\(index)/projectId", "is not a project you may submit to")
        }
        if let id = job.id, let replay = try replay(of: job, id: id, at: index, scope: scope) { return replay }
        let lane = try lane(queue: job.queue, type: job.type, tenant: tenant)
        if let existing = try existing(for: job, tenant: tenant, at: index) { return existing }
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

    /// The job that the same submit made before, when the client gave its own id.
    private func replay(
        of job: NewJob,
        id: JobID,
        at index: Int,
        scope: Scope
    ) throws(JobStoreError) -> InsertedJob? {
        guard let number = try number(of: id), let state = try state(number) else {
            let tombstone = try sql(Tombstone.byID)
            tombstone.bind(1, id)
            tombstone.bind(2, now - Tombstone.lifetime)
            defer { tombstone.reset() }
            if try tombstone.step() {
                throw .refused(.gone, "/\(index)/id", "\(id) was used by a job that is deleted; make a new id")
            }
            return nil
        }
        guard includes(state, scope), state.fingerprint == job.fingerprint else {
            throw .refused(.idempotencyMismatch, "/\(index)/id", "\(id) was used for another job; make a new id")
        }
        return InsertedJob(id: id, number: number, outcome: .replayed)
    }

    /// What the unique key decides, where another active job has it.
    private func existing(for job: NewJob, tenant: Name?, at index: Int) throws(JobStoreError) -> InsertedJob? {
        guard let key = job.uniqueKey else { return nil }
        let find = try sql("SELECT number FROM jobs WHERE active_key = ?")
        find.bind(1, UniqueKey(type: job.type, tenant: tenant).stored(key))
        guard let number = try find.firstInt(), let state = try state(number) else { return nil }
        if state.status.isTerminal, let stop = stops[number] {
            throw .keyHeld(byStopOf: state.id, until: stop.run.end, at: time, pointer: "/\(index)/uniqueKey")
        }
        switch job.onConflict {
        case .return: return InsertedJob(id: state.id, number: number, outcome: .existing)
        case .replace where state.status == .queued:
            try useUploads(job, number: number, tenant: tenant, at: index)
            try replace(state, with: job)
            return InsertedJob(id: state.id, number: number, outcome: .replaced)
        case .replace, .reject:
            throw JobStoreError(
                .uniqueConflict,
                "Job \(state.id) is \(state.status.rawValue) and has the unique key \"\(key)\".",
                pointer: "/\(index)/uniqueKey",
                currentStatus: state.status
            )
        }
    }

    /// How the new job stands to those it waits for; none of them is passed over.
    private func dependencies(_ after: [JobID], tenant: Name?, at index: Int) throws(JobStoreError) -> Standing {
        var standing = Standing()
        for (place, id) in after.enumerated() {
            guard let number = try number(of: id), let state = try state(number),
                memory.lanes[state.lane].key.tenant == tenant
            else { throw .refused(.invalid, "/\(index)/after/\(place)", "there is no job \(id)") }
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
                throw .refused(.invalid, "/\(index)/uploads/\(place)", "there is no upload \(id), or it has expired")
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

    private func replace(_ state: JobState, with job: NewJob) throws(JobStoreError) {
        let statement = try sql(
            """
            UPDATE jobs SET payload = ?, priority = ?, run_at = ?, phase = ?, rank = ?, rev = rev + 1, updated_at = ?
            WHERE number = ?
            """
        )
        let runAt = job.dueAt(storedAt: time.wall).milliseconds
        let isWaiting = state.blockedBy == 0 && !state.isTracked
        let phase = phase(of: state, blockedBy: state.blockedBy, dueAt: runAt)
        try bind(statement, 1, job.payload, .payload, of: state.number)
        statement.bind(2, Int(job.priority))
        statement.bind(3, runAt)
        statement.bind(4, phase.rawValue)
        statement.bind(5, phase == .due ? Int(job.priority) : 0)
        statement.bind(6, now)
        statement.bind(7, state.number)
        try statement.run()
        if (state.phase == .due) != (phase == .due) {
            addClaimable(state.lane, phase == .due ? 1 : -1)
        }
        // Its place in the lane's order may have changed.
        setClaimed(state.lane, upTo: nil)
        if isWaiting { try refreshDue(state.lane) }
        try postponeStale(state)
        noteChange(state, rev: state.rev + 1)
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

extension JobStoreError {
    static func refused(_ code: Code, _ pointer: String, _ message: String) -> JobStoreError {
        JobStoreError(code, "\(pointer): \(message).", pointer: pointer)
    }
}
