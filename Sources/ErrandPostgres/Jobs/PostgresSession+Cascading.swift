#if Postgres
import Errand
import FoundationEssentials

// What the end of a job means for those that wait for it, in steps of bounded size.
extension PostgresSession {
    /// Notes that those who wait for a job that ended, or whose record goes, have to be told.
    func beginCascade(of job: Int64, _ id: JobID, isCompleted: Bool) {
        cascades.append(Cascade(sequence: 0, job: job, id: id, isCompleted: isCompleted))
    }

    /// What stores the records of the ends that somebody waits for, and gives their sequence numbers.
    func beginCascades() -> PostgresStatement? {
        guard !cascades.isEmpty else { return nil }
        defer { cascades = [] }
        return Self.insert(cascades, where: "EXISTS (SELECT FROM errand.job_dependencies d WHERE d.dependency = v.job)")
    }

    private static func insert(_ cascades: [Cascade], where condition: String) -> PostgresStatement {
        PostgresStatement(
            """
            INSERT INTO errand.cascades (job, id, completed, reached)
            SELECT v.job, v.id, v.completed, v.reached
            FROM unnest($1::bigint[], $2::uuid[], $3::boolean[], $4::bigint[])
                WITH ORDINALITY AS v(job, id, completed, reached, place)
            WHERE \(condition) ORDER BY v.place
            RETURNING sequence
            """,
            [
                .ints(cascades.map(\.job)), .ids(cascades.map(\.id)), .bools(cascades.map(\.isCompleted)),
                .ints(cascades.map(\.reached)),
            ]
        )
    }

    /// Does a step of the records of some sequence numbers, or of all.
    func perform(_ step: inout CascadeStep, of sequences: [Int64]?) throws(JobStoreError) {
        try takeCascades(sequences, for: &step)
        guard !step.cascades.isEmpty else { return }
        try noteVoid(run(Self.standings(of: step)), in: &step)
        try holdDependents(for: &step)
        try readEdges(for: &step)
        try step.follow { (number, event) throws(JobStoreError) in
            guard held[number]?.job.status.isTerminal == false else { return (false, nil) }
            _ = try apply(event, to: number)
            return (true, cascades.popLast())
        }
        try write(&step)
    }

    /// Takes the first records that no other transaction has.
    ///
    /// Only steps lock them, and none waits for it.
    private func takeCascades(_ sequences: [Int64]?, for step: inout CascadeStep) throws(JobStoreError) {
        let condition = sequences == nil ? "" : "WHERE sequence = ANY ($2::bigint[])"
        let text = """
            SELECT \(Cascade.columns) FROM errand.cascades \(condition)
            ORDER BY sequence LIMIT $1::bigint FOR UPDATE SKIP LOCKED
            """
        let values = [.int(Int64(step.limit))] + (sequences.map { [PostgresValue.ints($0)] } ?? [])
        // The planner expects of the recursive query more than there is, and would compile it for longer than it takes.
        let statements = [PostgresStatement("SET LOCAL jit = off"), PostgresStatement(text, values)]
        step.cascades = try run(statements)[1].map { (row) throws(JobStoreError) in try Cascade(&row) }
        step.isWhole = step.cascades.count < step.limit
    }

    /// Takes the jobs under locks that the step may come to, in the order of their numbers; those that have ended are
    /// none of them.
    private func holdDependents(for step: inout CascadeStep) throws(JobStoreError) {
        // Those of a record that holds no more would take the places of others.
        let open = step.cascades.filter { [void = step.void] in !void.contains($0.sequence) }
        let numbers = try sql(
            Self.reachable,
            .ints(open.map(\.job)),
            .ints(open.map(\.reached)),
            .bools(open.map(\.isCompleted)),
            .int(Int64(step.limit))
        )
        .map { (row) throws(JobStoreError) in row.int() }
        step.foreseen = Set(numbers)
        guard !numbers.isEmpty else { return }
        try hold(sql(Self.lockDependents, .ints(step.foreseen.sorted())), of: .live)
    }

    /// Reads, once the jobs are locked, who waits for whom, and which records hold no more.
    private func readEdges(for step: inout CascadeStep) throws(JobStoreError) {
        var reached = Dictionary(step.foreseen.map { ($0, Int64(0)) }) { first, _ in first }
        // Of several records of one job the last one counts.
        for cascade in step.cascades { reached[cascade.job] = cascade.reached }
        let named = reached.sorted { $0.key < $1.key }
        let answers = try run([
            PostgresStatement(
                Self.edges,
                [.ints(named.map(\.key)), .ints(named.map(\.value)), .int(Int64(step.limit) + 1)]
            ),
            Self.standings(of: step),
        ])
        for (job, edge) in try answers[0].map({ (row) throws(JobStoreError) in
            (row.int(), CascadeStep.Edge(dependent: row.int(), place: row.text()))
        }) { step.edges[job, default: []].append(edge) }
        try noteVoid(answers[1], in: &step)
    }

    private static func standings(of step: CascadeStep) -> PostgresStatement {
        PostgresStatement(statuses, [.ints(step.cascades.map(\.sequence))])
    }

    /// Notes which records hold no more: looked at before the locks, and again under them.
    private func noteVoid(_ rows: PostgresRows, in step: inout CascadeStep) throws(JobStoreError) {
        let standings = try rows.map { (row) throws(JobStoreError) in (row.int(), row.optionalInt(), row.bool()) }
        let known = Dictionary(step.cascades.map { ($0.sequence, $0) }) { first, _ in first }
        for (sequence, code, isLatest) in standings {
            let status = try code.map { code throws(JobStoreError) in try JobStatus(code: code) }
            if !isLatest || known[sequence]?.holds(status) == false { step.void.insert(sequence) }
        }
    }

    private func write(_ step: inout CascadeStep) throws(JobStoreError) {
        let finished = Set(step.finished)
        step.unfinished = step.cascades.map(\.sequence).filter { $0 != 0 && !finished.contains($0) }
        let begun = step.begun
        let insert = begun.isEmpty ? nil : Self.insert(begun, where: "true")
        let answers = try run(saves() + Self.changes(by: step) + [insert].compactMap(\.self))
        guard insert != nil, let last = answers.last else { return }
        step.unfinished += try last.map { (row) throws(JobStoreError) in row.int() }
    }

    /// What takes away the rows of those that were told and the records that are done.
    private static func changes(by step: CascadeStep) -> [PostgresStatement] {
        var statements: [PostgresStatement] = []
        if !step.toldPlaces.isEmpty {
            // Nobody else changes these rows while the dependents are locked, so that they are still where they were.
            let text = "DELETE FROM errand.job_dependencies WHERE ctid = ANY ($1::text[]::tid[])"
            statements.append(PostgresStatement(text, [.texts(step.toldPlaces)]))
        }
        if !step.finished.isEmpty {
            let text = "DELETE FROM errand.cascades WHERE sequence = ANY ($1::bigint[])"
            statements.append(PostgresStatement(text, [.ints(step.finished)]))
        }
        if let advanced = step.advanced, advanced.sequence != 0 {
            let text = "UPDATE errand.cascades SET reached = $2::bigint WHERE sequence = $1::bigint"
            statements.append(PostgresStatement(text, [.int(advanced.sequence), .int(advanced.reached)]))
        }
        return statements
    }

    /// The jobs that wait for those that ended, and those that wait for one that is cancelled so; `$4` of them at most.
    ///
    /// A join that is no subquery with a limit might read the whole table at each level. Pairs are compared and ordered
    /// as the primary key has them: by the dependent alone, all who wait would be sorted at each step.
    private static let reachable = """
        WITH RECURSIVE reach(number, ends) AS (
            SELECT d.dependent, NOT c.completed
            FROM unnest($1::bigint[], $2::bigint[], $3::boolean[]) AS c(job, reached, completed)
            CROSS JOIN LATERAL (
                SELECT dependent FROM errand.job_dependencies
                WHERE (dependency, dependent) > (c.job, c.reached) AND dependency <= c.job
                ORDER BY dependency, dependent LIMIT $4::bigint) d
            UNION
            SELECT d.dependent, true FROM reach r CROSS JOIN LATERAL (
                SELECT dependent FROM errand.job_dependencies
                WHERE (dependency, dependent) > (r.number, 0) AND dependency <= r.number
                ORDER BY dependency, dependent LIMIT $4::bigint) d
            WHERE r.ends)
        SELECT number FROM reach LIMIT $4::bigint
        """

    private static let lockDependents = """
        \(JobRow.narrow(.live)) WHERE s.number = ANY ($1::bigint[]) ORDER BY s.number FOR UPDATE OF s
        """

    private static let edges = """
        SELECT c.job, d.dependent, d.place
        FROM unnest($1::bigint[], $2::bigint[]) AS c(job, reached)
        CROSS JOIN LATERAL (
            SELECT dependent, ctid::text AS place FROM errand.job_dependencies
            WHERE (dependency, dependent) > (c.job, c.reached) AND dependency <= c.job
            ORDER BY dependency, dependent LIMIT $3::bigint) d
        ORDER BY c.job, d.dependent
        """

    private static let statuses = """
        SELECT c.sequence, coalesce(
                (SELECT status FROM errand.live WHERE number = c.job),
                (SELECT status FROM errand.ended WHERE number = c.job)),
            NOT EXISTS (SELECT FROM errand.cascades l WHERE l.job = c.job AND l.sequence > c.sequence)
        FROM errand.cascades c WHERE c.sequence = ANY ($1::bigint[])
        """
}

// For whom a job waits.
extension PostgresSession {
    /// Takes a job under a lock together with those that it names in `after`, and says which numbers they have.
    func holdDependencies(of reference: JobReference) throws(JobStoreError) -> [JobID: Int64] {
        let named = try sql(
            """
            SELECT d.id, d.number FROM errand.jobs j CROSS JOIN unnest(array_append(j.after_ids, j.id)) AS a(id)
            JOIN errand.jobs d ON d.id = a.id WHERE \(reference.condition)
            """,
            reference.value
        )
        .map { (row) throws(JobStoreError) in (try row.id(), row.int()) }
        if !named.isEmpty { try hold(named.map(\.1)) }
        return Dictionary(named) { first, _ in first }
    }

    /// How a job stands to those it names in `after`, which are held as far as they are there.
    func standing(
        to after: [JobID],
        _ numbers: [JobID: Int64],
        isPassedOver: (JobID) -> Bool
    ) -> Standing {
        var standing = Standing()
        for id in after {
            guard let number = numbers[id], let job = held[number]?.job else { continue }
            standing.add(number, id, job.status, isPassedOver: isPassedOver(id))
        }
        return standing
    }

    /// Writes down whom a retried job waits for; cancels it where one of them will not be completed.
    func wait(_ number: Int64, _ standing: Standing) throws(JobStoreError) -> Job {
        try sql("DELETE FROM errand.job_dependencies WHERE dependent = $1::bigint", .int(number))
        if let failed = standing.failed {
            _ = try apply(.dependencyFailed(failed), to: number)
        } else if !standing.waiting.isEmpty {
            try sql(
                "INSERT INTO errand.job_dependencies SELECT v, $2::bigint FROM unnest($1::bigint[]) AS v",
                .ints(standing.waiting),
                .int(number)
            )
            for dependency in standing.waiting { held[dependency]?.hasDependents = true }
            try sql(
                """
                UPDATE errand.live SET has_dependents = true WHERE number = ANY ($1::bigint[]) AND NOT has_dependents
                """,
                .ints(standing.waiting)
            )
        }
        guard let job = held[number]?.job else { throw JobStoreError(.notFound, "There is no job #\(number).") }
        return job
    }

    func dependencies(_ reference: JobReference, scope: Scope) throws(JobStoreError) -> [JobDependency] {
        let job = try job(reference, scope: scope)
        guard !job.after.isEmpty else { return [] }
        let found = try sql(
            """
            SELECT j.id, coalesce(
                    (SELECT status FROM errand.live WHERE number = j.number),
                    (SELECT status FROM errand.ended WHERE number = j.number)),
                EXISTS (
                    SELECT FROM errand.job_dependencies d
                    WHERE d.dependency = j.number AND d.dependent = $2::bigint)
            FROM errand.jobs j WHERE j.id = ANY ($1::uuid[])
            """,
            .ids(job.after),
            .int(job.number)
        )
        .map { (row) throws(JobStoreError) in (try row.id(), try JobStatus(code: row.int()), row.bool()) }
        let known = Dictionary(found.map { ($0.0, ($0.1, $0.2)) }) { first, _ in first }
        return job.after.map { id in
            guard let (status, isWaitedFor) = known[id] else {
                return JobDependency(id: id, status: nil, isWaitedFor: false)
            }
            return JobDependency(id: id, status: status, isWaitedFor: isWaitedFor && !job.status.isTerminal)
        }
    }
}

extension Cascade {
    /// What ``init(_:)`` reads.
    static let columns = "sequence, job, id, completed, reached"

    /// Reads a row of `cascades`.
    init(_ row: inout PostgresRow) throws(JobStoreError) {
        self.init(
            sequence: row.int(),
            job: row.int(),
            id: try row.id(),
            isCompleted: row.bool(),
            reached: row.int()
        )
    }
}
#endif
