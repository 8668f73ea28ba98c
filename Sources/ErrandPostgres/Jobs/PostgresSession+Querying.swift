#if Postgres
import Errand
import FoundationEssentials

extension PostgresSession {
    /// A page of jobs.
    func page(_ filter: JobFilter, _ page: PageRequest, _ scope: Scope) throws(JobStoreError) -> JobPage {
        let limit = min(max(page.limit, 1), 1000)
        var values: [PostgresValue] = []
        let text = Self.list(filter.statuses, limit: limit + 1, order: page.isOldestFirst ? "ASC" : "DESC") { owner in
            var conditions = ListConditions(owner: owner)
            conditions.add(scope)
            conditions.add(filter)
            let comparison = page.isOldestFirst ? ">" : "<"
            if let before = page.before { conditions.add("j.number \(comparison) $::bigint", .int(before)) }
            values = conditions.values
            return conditions.text
        }
        var jobs = try run([Self.plannedAnew, PostgresStatement(text, values)])[1]
            .map { (row) throws(JobStoreError) in try JobRow.read(&row, isWhole: true).job }
        guard jobs.count > limit else { return JobPage(jobs: jobs, next: nil) }
        jobs.removeLast()
        return JobPage(jobs: jobs, next: jobs.last?.number)
    }

    /// How many jobs a list has; stops at a limit where one is given.
    func count(_ filter: JobFilter, upTo limit: Int?, _ scope: Scope) throws(JobStoreError) -> Int {
        var values: [PostgresValue] = []
        let limit = limit.map { " LIMIT \(max(0, $0))" } ?? ""
        let rows = Self.sources(filter.statuses).map { source, owner in
            var conditions = ListConditions(owner: owner)
            conditions.add(scope)
            conditions.add(filter)
            values = conditions.values
            return "SELECT 1 FROM \(source) \(conditions.text)"
        }
        .joined(separator: " UNION ALL ")
        let text = "SELECT count(*) FROM (\(rows)\(limit)) found"
        return try run([Self.plannedAnew, PostgresStatement(text, values)])[1]
            .first { (row) throws(JobStoreError) in Int(row.int()) } ?? 0
    }

    /// The tables in which jobs of some statuses are found, and which of theirs has the columns of
    /// `JobColumn.repeated`.
    private static func sources(_ statuses: Set<JobStatus>?) -> [(table: String, owner: String)] {
        // No status at all is none that a job has, as the conditions say.
        guard let statuses, !statuses.isEmpty else { return [("errand.jobs j", "j")] }
        return tables(of: statuses).map { table in
            // Of the jobs that have ended those are in `live` whose run is stopping: few, and found by an index.
            if table == .live, statuses.allSatisfy(\.isTerminal) {
                let stopping = "(SELECT * FROM errand.live WHERE stop_end IS NOT NULL)"
                return ("\(stopping) s JOIN errand.jobs j ON j.number = s.number", "s")
            }
            return ("errand.\(table.rawValue) s JOIN errand.jobs j ON j.number = s.number", table == .live ? "s" : "j")
        }
    }

    private static func tables(of statuses: Set<JobStatus>) -> [JobRow.Table] {
        JobRow.Table.all.filter { table in
            statuses.contains { $0.isTerminal == (table == .ended) || $0 == .cancelled && table == .live }
        }
    }

    /// Has what follows in the same round trip planned for its values: which index finds a page of a tenant's jobs
    /// depends on how many that tenant has.
    private static let plannedAnew =
        PostgresStatement("SELECT set_config('plan_cache_mode', 'force_custom_plan', true)")

    /// The jobs that meet conditions, by number.
    ///
    /// Without a status the list goes by what was submitted, and looks up the state of each. With one it goes by the
    /// table that holds it, or by both, and keeps the first of what they bring.
    ///
    /// - Parameters:
    ///   - statuses: What a job's status may be; any when nil.
    ///   - limit: How many jobs at most.
    ///   - order: `ASC` or `DESC`.
    ///   - conditions: The conditions where a table, `s` or `j`, has the columns of `JobColumn.repeated`.
    /// - Returns: The statement's text.
    private static func list(
        _ statuses: Set<JobStatus>?,
        limit: Int,
        order: String,
        conditions: (_ owner: String) -> String
    ) -> String {
        // No status at all is none that a job has, as the conditions say.
        guard let statuses, !statuses.isEmpty else {
            return "\(JobRow.wholeAnywhere) \(conditions("j")) ORDER BY j.number \(order) LIMIT \(limit)"
        }
        let parts = tables(of: statuses).map { table in
            var conditions = conditions(table == .live ? "s" : "j")
            if table == .live, statuses.allSatisfy(\.isTerminal) { conditions += " AND s.stop_end IS NOT NULL" }
            return "\(JobRow.whole(table)) \(conditions) ORDER BY s.number \(order) LIMIT \(limit)"
        }
        guard parts.count != 1 else { return parts[0] }
        return parts.map { "(\($0))" }.joined(separator: " UNION ALL ") + " ORDER BY 1 \(order) LIMIT \(limit)"
    }

    func counts(
        _ grouping: JobGrouping,
        _ projectId: Name?,
        _ scope: Scope
    ) throws(JobStoreError) -> [Name: StatusCounts] {
        var conditions = ListConditions(owner: "j")
        conditions.add(scope)
        if let projectId { conditions.add("j.project = $::text", .text(projectId)) }
        let group =
            switch grouping {
            case .type: "j.type"
            case .queue: "j.queue"
            case .project: "coalesce(j.project, '')"
            }
        let rows = try run(
            PostgresStatement(
                """
                SELECT \(group), j.status, sum(j.jobs) FROM errand.job_counts j \(conditions.text)
                GROUP BY 1, 2 HAVING sum(j.jobs) > 0
                """,
                conditions.values
            )
        )
        var counts: [Name: StatusCounts] = [:]
        for (name, status, count) in try rows.map(Self.readCount) {
            counts[name, default: StatusCounts()][status] += count
        }
        return counts
    }

    private static func readCount(_ row: inout PostgresRow) throws(JobStoreError) -> (Name, JobStatus, Int) {
        (row.name(), try JobStatus(code: row.int()), Int(row.int()))
    }

    func logs(of number: Int64, after: Int64, limit: Int) throws(JobStoreError) -> [StoredLogLine] {
        try sql(
            """
            SELECT sequence, attempt, at, level, message FROM errand.job_logs
            WHERE number = $1::bigint AND sequence > $2::bigint ORDER BY sequence LIMIT $3::bigint
            """,
            .int(number),
            .int(after),
            .int(Int64(max(0, limit)))
        )
        .map { (row) throws(JobStoreError) in
            let (sequence, attempt) = (row.int(), Int(row.int()))
            let (at, level) = (row.date(), LogLine.Level(rawValue: row.text()) ?? .info)
            let line = LogLine(at: at, level: level, message: row.text())
            return StoredLogLine(sequence: sequence, attempt: attempt, line: line)
        }
    }

    func files(of number: Int64) throws(JobStoreError) -> [JobFile] {
        try sql(
            """
            SELECT name, key, size, sha256, content_type FROM errand.job_files WHERE number = $1::bigint ORDER BY name
            """,
            .int(number)
        )
        .map { (row) throws(JobStoreError) in
            JobFile(name: row.text(), key: row.text(), size: row.int(), sha256: row.text(), contentType: row.text())
        }
    }

    /// The queues that have a setting or a job of the scope.
    func queues(_ scope: Scope) throws(JobStoreError) -> [QueueState] {
        var states = Dictionary(try queueSettings().map { ($0.name, $0) }) { first, _ in first }
        for (name, counts) in try counts(.queue, nil, scope) {
            states[name, default: QueueState(name: name)].counts = counts
        }
        for (name, runAt) in try firstReady(scope) {
            states[name]?.oldestReady = .milliseconds(now.saturatingDifference(runAt))
        }
        return states.values.sorted { $0.name < $1.name }
    }

    private func firstReady(_ scope: Scope) throws(JobStoreError) -> [(Name, Int64)] {
        var conditions = ListConditions(owner: "r")
        conditions.add(scope)
        conditions.add("r.run_at <= $::bigint", .int(now))
        conditions.add("(r.stop_end IS NULL OR r.stop_end <= $::bigint)", .int(time.steady.wholeMicroseconds))
        var ready = Self.firstOfLanes
        if case .tenant(_, .some) = scope { ready = Self.allReady }
        return try run(
            PostgresStatement(
                """
                \(ready)
                SELECT r.queue, min(r.run_at) FROM ready r LEFT JOIN errand.queues q ON q.name = r.queue
                \(conditions.text) AND q.paused_since IS NULL GROUP BY r.queue
                """,
                conditions.values
            )
        )
        .map { (row) throws(JobStoreError) in (row.name(), row.int()) }
    }

    /// The first job of each tenant's priority, from one to the next through the index of claims, and those that fell
    /// due and were not found by a claim yet.
    private static let firstOfLanes = """
        WITH RECURSIVE heads AS (
            (SELECT s.queue, s.tenant, s.project, s.priority, s.run_at FROM errand.live s WHERE s.claimable
            ORDER BY s.queue, coalesce(s.tenant, ''), s.priority, s.run_at, s.number LIMIT 1)
            UNION ALL
            SELECT n.* FROM heads h CROSS JOIN LATERAL (
                SELECT s.queue, s.tenant, s.project, s.priority, s.run_at FROM errand.live s
                WHERE s.claimable AND (s.queue, coalesce(s.tenant, ''), s.priority)
                    > (h.queue, coalesce(h.tenant, ''), h.priority)
                ORDER BY s.queue, coalesce(s.tenant, ''), s.priority, s.run_at, s.number LIMIT 1) n),
        ready AS (
            SELECT queue, tenant, project, run_at, NULL::bigint AS stop_end FROM heads
            UNION ALL
            SELECT queue, tenant, project, run_at, stop_end FROM errand.live WHERE waiting AND NOT claimable)
        """
    /// All jobs that are due: in a lane the jobs of some projects may come after those of others.
    private static let allReady = """
        WITH ready AS (
            SELECT queue, tenant, project, run_at, NULL::bigint AS stop_end FROM errand.live WHERE claimable
            UNION ALL
            SELECT queue, tenant, project, run_at, stop_end FROM errand.live WHERE waiting AND NOT claimable)
        """
}
#endif
