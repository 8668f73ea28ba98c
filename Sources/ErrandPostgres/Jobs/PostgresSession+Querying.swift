#if Postgres
import Errand
import FoundationEssentials

extension PostgresSession {
    /// A page of jobs, newest first.
    func page(_ filter: JobFilter, _ page: PageRequest, _ scope: Scope) throws(JobStoreError) -> JobPage {
        let limit = min(max(page.limit, 1), 1000)
        var conditions = ListConditions()
        conditions.add(scope)
        conditions.add(filter)
        if let before = page.before { conditions.add("j.number < $::bigint", .int(before)) }
        let text = "\(Self.list(filter.statuses, conditions.text, limit + 1)) LIMIT \(limit + 1)"
        var jobs = try run(PostgresStatement(text, conditions.values))
            .map { (row) throws(JobStoreError) in try JobRow.read(&row, isWhole: true).job }
        guard jobs.count > limit else { return JobPage(jobs: jobs, next: nil) }
        jobs.removeLast()
        return JobPage(jobs: jobs, next: jobs.last?.number)
    }

    /// The jobs that meet conditions, newest first.
    ///
    /// Without a status the list goes by what was submitted, and looks up the state of each. With one it goes by the
    /// table that holds it, or by both, and keeps the newest of what they bring.
    private static func list(_ statuses: Set<JobStatus>?, _ conditions: String, _ limit: Int) -> String {
        guard let statuses else { return "\(JobRow.wholeAnywhere) \(conditions) ORDER BY j.number DESC" }
        let parts = JobRow.Table.all.filter { table in statuses.contains { $0.isTerminal == (table == .ended) } }
            .map { "\(JobRow.whole($0)) \(conditions) ORDER BY s.number DESC" }
        guard parts.count != 1 else { return parts[0] }
        // No status at all: nothing meets that.
        guard !parts.isEmpty else { return "\(JobRow.wholeAnywhere) WHERE false" }
        return parts.map { "(\($0) LIMIT \(limit))" }.joined(separator: " UNION ALL ") + " ORDER BY 1 DESC"
    }

    func counts(
        _ grouping: JobGrouping,
        _ projectId: String?,
        _ scope: Scope
    ) throws(JobStoreError) -> [String: StatusCounts] {
        var conditions = ListConditions()
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
        var counts: [String: StatusCounts] = [:]
        for (name, status, count) in try rows.map(Self.readCount) {
            counts[name, default: StatusCounts()][status] += count
        }
        return counts
    }

    private static func readCount(_ row: inout PostgresRow) throws(JobStoreError) -> (String, JobStatus, Int) {
        (row.text(), try JobStatus(code: row.int()), Int(row.int()))
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
        var states = Dictionary(try settings().map { ($0.name, $0) }) { first, _ in first }
        for (name, counts) in try counts(.queue, nil, scope) {
            states[name, default: QueueState(name: name)].counts = counts
        }
        for (name, runAt) in try firstReady(scope) {
            states[name]?.oldestReady = .milliseconds(now - runAt)
        }
        return states.values.sorted { $0.name < $1.name }
    }

    private func settings() throws(JobStoreError) -> [QueueState] {
        try sql(
            "SELECT name, paused_since, paused_by, pause_reason, concurrency, rate_count, rate_per FROM errand.queues"
        )
        .map { (row) throws(JobStoreError) in
            var state = QueueState(name: row.text())
            let (since, by, reason) = (row.optionalDate(), row.optionalText(), row.optionalText())
            state.pause = since.map { QueueState.Pause(since: $0, by: by, reason: reason) }
            state.concurrency = row.optionalInt().map { Int($0) }
            state.rateLimit = RateLimit(&row)
            return state
        }
    }

    private func firstReady(_ scope: Scope) throws(JobStoreError) -> [(String, Int64)] {
        var conditions = ListConditions()
        conditions.add(scope)
        conditions.add("(j.claimable OR j.waiting AND NOT j.claimable AND j.run_at <= $::bigint)", .int(now))
        return try run(
            PostgresStatement(
                """
                SELECT j.queue, min(j.run_at) FROM errand.live j LEFT JOIN errand.queues q ON q.name = j.queue
                \(conditions.text) AND q.paused_since IS NULL GROUP BY j.queue
                """,
                conditions.values
            )
        )
        .map { (row) throws(JobStoreError) in (row.text(), row.int()) }
    }
}

/// The conditions of a list, and the values they are given.
private struct ListConditions {
    private var conditions: [String] = []
    private(set) var values: [PostgresValue] = []

    var text: String { conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ") }

    /// Adds a condition; `$` in it stands for the value.
    mutating func add(_ condition: String, _ value: PostgresValue) {
        values.append(value)
        conditions.append(condition.replacing("$", with: "$\(values.count)"))
    }

    mutating func add(_ scope: Scope) {
        guard case .tenant(let tenant, let projects) = scope else { return }
        add("j.tenant = $::text", .text(tenant))
        if let projects { add("j.project = ANY ($::text[])", .texts(projects.sorted())) }
    }

    mutating func add(_ filter: JobFilter) {
        if let statuses = filter.statuses {
            // In words, so that an index on some of them is found.
            let codes = statuses.map(\.code).sorted().map(String.init)
            conditions.append(codes.isEmpty ? "false" : "s.status IN (\(codes.joined(separator: ", ")))")
        }
        if let types = filter.types { add("j.type = ANY ($::text[])", .texts(types.sorted())) }
        if let project = filter.projectId { add("j.project = $::text", .text(project)) }
        if let queue = filter.queue { add("j.queue = $::text", .text(queue)) }
        if let tag = filter.tag { add("j.tags @> $::text[]", .texts([tag])) }
        if let createdBy = filter.createdBy { add("j.created_by = $::text", .text(createdBy)) }
        if let after = filter.createdAfter { add("j.created_at >= $::bigint", .int(after.milliseconds)) }
        if let before = filter.createdBefore { add("j.created_at < $::bigint", .int(before.milliseconds)) }
    }
}
#endif
