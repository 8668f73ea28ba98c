#if Postgres
import Errand
import FoundationEssentials

// Who lives: a row for each worker, written with its heartbeat.
extension PostgresSession {
    func announce(_ worker: WorkerAnnouncement) throws(JobStoreError) -> WantedState {
        let wanted = try sql(
            Self.writeWorker,
            .text(worker.id),
            .text(worker.name),
            .text(worker.version),
            worker.queues.map { .texts($0) } ?? .null,
            .texts(worker.types),
            .int(Int64(worker.slots)),
            .int(Int64(worker.running)),
            .int(worker.startedAt.milliseconds),
            .int(worker.lease.wholeMilliseconds),
            .int(now),
            .int(time.steady.wholeMicroseconds),
            .int((time.steady + worker.lifetime).wholeMicroseconds),
            .text(worker.language),
            .text(worker.labels?.string),
            .text(worker.tenantId),
            .text(worker.state.rawValue)
        )
        .first { (row) throws(JobStoreError) in WantedState(rawValue: row.text()) }
        return (wanted ?? nil) ?? .run
    }

    func want(_ state: WantedState, of id: Name) throws(JobStoreError) {
        let found = try sql(
            """
            UPDATE errand.workers SET wanted = CASE WHEN wanted = 'stop' THEN wanted ELSE $2::text END
            WHERE id = $1::text RETURNING 1
            """,
            .text(id),
            .text(state.rawValue)
        )
        .first { (row) throws(JobStoreError) in row.int() }
        if found == nil { throw .unknownWorker(id) }
    }

    func withdraw(worker id: Name) throws(JobStoreError) {
        try sql("DELETE FROM errand.workers WHERE id = $1::text", .text(id))
    }

    /// Forgets workers that have been silent for too long.
    var forgettingWorkers: PostgresStatement {
        let now = PostgresValue.int(time.steady.wholeMicroseconds)
        return PostgresStatement(
            """
            DELETE FROM errand.workers WHERE id IN (
                SELECT id FROM errand.workers WHERE forget_at <= $1::bigint FOR UPDATE SKIP LOCKED)
            """,
            [now]
        )
    }

    func workers(_ scope: Scope) throws(JobStoreError) -> [LiveWorker] {
        let workers = try sql(Self.readWorkers).map { (row) throws(JobStoreError) in try worker(&row) }
        return LiveWorker.list(workers, holding: try heldLeases(scope))
    }

    private func heldLeases(_ scope: Scope) throws(JobStoreError) -> [(worker: Name, held: HeldLease)] {
        try sql(Self.readHeld)
            .map { (row) throws(JobStoreError) in
                let (worker, tenant, project) = (row.name(), row.optionalName(), row.optionalName())
                let lease = JobLease(id: try row.id(), number: row.int(), fence: row.int())
                let end = time.wall(at: .microseconds(row.int()))
                let isShown = scope.includes(tenantId: tenant, projectId: project)
                return isShown ? (worker, HeldLease(lease: lease, expiresAt: end)) : nil
            }
            .compactMap { $0 }
    }

    /// Reads a row of ``readWorkers``.
    private func worker(_ row: inout PostgresRow) throws(JobStoreError) -> LiveWorker {
        var announcement = WorkerAnnouncement(
            id: row.name(),
            name: row.text(),
            version: row.optionalText(),
            queues: try row.json().map(Self.names),
            types: try row.json().map(Self.names) ?? [],
            slots: Int(row.int()),
            startedAt: row.date(),
            lease: .milliseconds(row.int())
        )
        announcement.running = Int(row.int())
        let (heartbeatAt, heartbeat) = (row.date(), Duration.microseconds(row.int()))
        announcement.language = row.optionalText()
        announcement.labels = try row.json()
        announcement.tenantId = row.optionalName()
        // What a later version writes is no state of this one.
        announcement.state = WorkerAnnouncement.State(rawValue: row.text()) ?? .run
        var worker = LiveWorker(announcement, heartbeatAt: heartbeatAt, heartbeatAge: time.steady - heartbeat)
        worker.wanted = WantedState(rawValue: row.text()) ?? .run
        return worker
    }

    private static func names(_ json: JSONText) throws(JobStoreError) -> [Name] {
        do {
            return try json.elements().compactMap(\.nameValue)
        } catch {
            throw JobStoreError(.corrupt, "A worker's names cannot be read.", underlying: error)
        }
    }

    private static let writeWorker = """
        INSERT INTO errand.workers (id, name, version, queues, types, slots, running, started_at, lease, heartbeat_at,
            heartbeat, forget_at, language, labels, tenant, state)
        VALUES ($1::text, $2::text, $3::text, $4::text[], $5::text[], $6::integer, $7::integer, $8::bigint, $9::bigint,
            $10::bigint, $11::bigint, $12::bigint, $13::text, $14::text,
            $15::text, $16::text)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, version = excluded.version, queues = excluded.queues,
            types = excluded.types, slots = excluded.slots, running = excluded.running,
            started_at = excluded.started_at, lease = excluded.lease, heartbeat_at = excluded.heartbeat_at,
            heartbeat = excluded.heartbeat, forget_at = excluded.forget_at, language = excluded.language,
            labels = excluded.labels, tenant = excluded.tenant, state = excluded.state
        RETURNING wanted
        """
    private static let readWorkers = """
        SELECT id, name, version, array_to_json(queues)::text, array_to_json(types)::text, slots, started_at, lease,
            running, heartbeat_at, heartbeat, language, labels, tenant, state, wanted FROM errand.workers
        """
    private static let readHeld = """
        SELECT s.worker, s.tenant, s.project, j.id, s.number, s.fence, s.lease_end
        FROM errand.live s JOIN errand.jobs j ON j.number = s.number
        WHERE s.status = 1 AND NOT s.tracked AND s.worker IS NOT NULL AND s.lease_end IS NOT NULL
        """
}
#endif
