import Errand
import FoundationEssentials

extension SQLiteReader {
    /// The counts of one lane and project.
    struct CountRow {
        let queue: Name
        let type: Name
        let tenant: Name?
        let project: Name?
        let counts: StatusCounts

        func group(_ grouping: JobGrouping) -> Name {
            switch grouping {
            case .type: type
            case .queue: queue
            case .project: project ?? ""
            }
        }
    }

    func counts() throws(JobStoreError) -> [CountRow] {
        let row = try sql(
            """
            SELECT l.queue, l.type, l.tenant, p.id, c.queued, c.running, c.completed, c.failed, c.cancelled
            FROM job_counts c JOIN lanes l ON l.lane = c.lane LEFT JOIN projects p ON p.project = c.project
            """
        )
        defer { row.reset() }
        var rows: [CountRow] = []
        while try row.step() {
            var counts = StatusCounts()
            for (index, status) in JobStatus.allCases.enumerated() { counts[status] = Int(row.int(CInt(index + 4))) }
            rows.append(
                CountRow(
                    queue: row.name(0),
                    type: row.name(1),
                    tenant: row.optionalName(2),
                    project: row.optionalName(3),
                    counts: counts
                )
            )
        }
        return rows
    }

    func queues(_ scope: Scope) throws(JobStoreError) -> [QueueState] {
        var states: [Name: QueueState] = [:]
        let row = try sql(StaticSQL.readQueues.text)
        while try row.step() {
            let settings = QueueSettings(row: row)
            states[row.name(0)] = QueueState(
                name: row.name(0),
                pause: settings.pause,
                concurrency: settings.concurrency,
                rateLimit: RateLimit(row: row)
            )
        }
        row.reset()
        let overrides = try sql(StaticSQL.readQueueOverrides.text)
        defer { overrides.reset() }
        while try overrides.step() { states[overrides.name(0)]?.note(QueueOverrides(row: overrides)) }
        for count in try counts() where scope.includes(tenantId: count.tenant, projectId: count.project) {
            guard count.counts.total > 0 else { continue }
            states[count.queue, default: QueueState(name: count.queue)].counts.add(count.counts)
        }
        for (queue, age) in try oldestReady(scope) where states[queue]?.pause == nil {
            states[queue]?.oldestReady = age
        }
        return states.values.sorted { $0.name < $1.name }
    }

    /// How long each queue's first claimable job has been due.
    private func oldestReady(_ scope: Scope) throws(JobStoreError) -> [Name: Duration] {
        let now = time.wall.milliseconds
        let row = try sql(
            """
            SELECT l.queue, l.tenant, p.id, min(j.run_at) FROM jobs j JOIN lanes l ON l.lane = j.lane
            LEFT JOIN projects p ON p.project = j.project
            WHERE j.phase IN (0, 1, 4) AND j.status = 0 AND j.run_at <= ?
                AND (j.phase < 4 OR j.number IN (SELECT value FROM json_each(?)))
            GROUP BY j.lane, j.project
            """
        )
        row.bind(1, now)
        // Those of a run that must have stopped, which the next transaction writes down.
        row.bind(2, "\(leases.stops.over(at: time.steady).map(\.number))")
        defer { row.reset() }
        var ages: [Name: Duration] = [:]
        while try row.step() {
            guard scope.includes(tenantId: row.optionalName(1), projectId: row.optionalName(2)) else { continue }
            let age = Duration.milliseconds(now.saturatingDifference(row.int(3)))
            ages[row.name(0)] = max(ages[row.name(0)] ?? age, age)
        }
        return ages
    }
}

extension StatusCounts {
    mutating func add(_ other: StatusCounts) {
        for status in JobStatus.allCases { self[status] += other[status] }
    }
}
