#if Postgres
import Errand

extension PostgresSession {
    /// Reads, and locks where it is to stay so, what the batch names; nothing where it names nothing.
    ///
    /// Which jobs that are is found out without locks; then all of them are locked together.
    func lookUp(_ jobs: [NewJob], _ scope: Scope, for plan: inout InsertPlan) throws(JobStoreError) {
        try lookUpRequests(of: jobs, scope, for: &plan)
        let holders = try holders(ofKeysOf: jobs, scope)
        let after = Set(jobs.flatMap(\.after))
        let dependencies = after.isEmpty ? [] : try numbers(of: after)
        // Locked, so that none of them ends before the commit without knowing who waits for it.
        try hold(holders + dependencies)
        // After the locks: what was answered with one of those jobs is there to be seen by then.
        let ids = jobs.compactMap(\.id)
        if !ids.isEmpty { try lookUpReplays(ids, for: &plan) }
        if jobs.contains(where: { $0.onConflict == .replace }) { try readWhole(holders) }
        for number in holders {
            // One that has ended meanwhile has the key no more. Another may have it, which the insert will meet. And a
            // cancelled run that must have stopped is written as such before anything is stored.
            guard let holder = held[number], holder.isLive, let key = holder.job.uniqueKey else { continue }
            plan.storedHolders[InsertPlan.Key(type: holder.job.type, key: key)] = number
        }
        for number in dependencies {
            if let job = held[number]?.job { plan.dependencies[job.id] = number }
        }
    }

    private func numbers(of ids: Set<JobID>) throws(JobStoreError) -> [Int64] {
        try sql("SELECT number FROM errand.jobs WHERE id = ANY ($1::uuid[])", .ids(Array(ids)))
            .map { (row) throws(JobStoreError) in row.int() }
    }

    private func lookUpReplays(_ ids: [JobID], for plan: inout InsertPlan) throws(JobStoreError) {
        let known = try sql(
            "SELECT id, number, tenant, project, fingerprint FROM errand.jobs WHERE id = ANY ($1::uuid[])",
            .ids(ids)
        )
        .map { (row) throws(JobStoreError) in
            let id = try row.id()
            let job = InsertPlan.KnownJob(
                number: row.int(),
                tenant: row.optionalName(),
                project: row.optionalName(),
                fingerprint: row.optionalText()
            )
            return (id, job)
        }
        plan.known = Dictionary(known) { first, _ in first }
        let buried = try sql(
            "SELECT id FROM errand.tombstones WHERE id = ANY ($1::uuid[]) AND deleted_at > $2::bigint",
            .ids(ids),
            .int(now - Tombstone.lifetime)
        )
        .map { (row) throws(JobStoreError) in try row.id() }
        plan.buried = Set(buried)
        try lookUpAnswers(ids, for: &plan)
    }

    private func holders(ofKeysOf jobs: [NewJob], _ scope: Scope) throws(JobStoreError) -> [Int64] {
        let keyed = jobs.filter { $0.uniqueKey != nil }
        guard !keyed.isEmpty else { return [] }
        return try sql(
            Self.findByKeys,
            .texts(keyed.map(\.type)),
            .texts(keyed.map(\.uniqueKey)),
            .text(scope.tenantId)
        )
        .map { (row) throws(JobStoreError) in row.int() }
    }

    /// Reads held jobs again that have not ended, with all their texts, which a replacement must know.
    private func readWhole(_ numbers: [Int64]) throws(JobStoreError) {
        let numbers = numbers.filter { held[$0]?.isLive == true }
        guard !numbers.isEmpty else { return }
        if numbers.contains(where: { held[$0]?.isChanged == true }) { try flush() }
        let whole = try sql("\(JobRow.whole(.live)) WHERE s.number = ANY ($1::bigint[])", .ints(numbers))
            .map { (row) throws(JobStoreError) in try JobRow.read(&row, isWhole: true) }
        for job in whole { keep(job) }
    }

    /// The job that holds a unique key and is not the one that asks.
    func holder(ofKeyOf job: Job) throws(JobStoreError) -> Job? {
        guard let key = job.uniqueKey else { return nil }
        let numbers = try sql(Self.findByKeys, .texts([job.type]), .texts([key]), .text(job.tenantId))
            .map { (row) throws(JobStoreError) in row.int() }
            .filter { $0 != job.number }
        try hold(numbers)
        return numbers.compactMap { held[$0] }.first(where: \.isLive)?.job
    }

    /// Stores the plan's jobs, and who waits for whom.
    func write(_ plan: inout InsertPlan) throws(JobStoreError) {
        try dropReplaced(plan)
        guard !plan.jobs.isEmpty else {
            try writeWebhooks(of: plan)
            try keepAnswers(of: plan)
            return try handOverUploads(plan)
        }
        for (dependency, _) in plan.innerDependencies { plan.jobs[dependency].hasDependents = true }
        // Those that the batch replaces or names must be written first: a key may move from one to the other.
        try flush()
        order.write()
        let insert = InsertStatement.make(plan.jobs, now: now, areIDsNew: plan.places.isEmpty)
        let numbers = try numbers(of: run(insert), plan.jobs.count)
        for (place, number) in numbers.enumerated() { plan.jobs[place].job.number = number }
        for job in plan.jobs.map(\.job) {
            tell(of: job)
            if job.status.isTerminal { noteEnd(job.number, type: job.type, tenant: job.tenantId) }
        }
        try writeDependencies(plan)
        try writeWebhooks(of: plan)
        try keepAnswers(of: plan)
        try handOverUploads(plan)
    }

    /// The numbers that stored jobs were given.
    func numbers(of rows: PostgresRows, _ count: Int) throws(JobStoreError) -> [Int64] {
        let numbers = try rows.map { (row) throws(JobStoreError) in row.int() }
        guard numbers.count == count else {
            throw JobStoreError(.corrupt, "\(count) jobs were stored and \(numbers.count) numbers came back.")
        }
        return numbers.sorted()
    }

    private func writeDependencies(_ plan: InsertPlan) throws(JobStoreError) {
        var pairs = plan.storedDependencies.map { ($0.dependency, plan.jobs[$0.dependent].job.number) }
        pairs += plan.innerDependencies.map {
            (plan.jobs[$0.dependency].job.number, plan.jobs[$0.dependent].job.number)
        }
        guard !pairs.isEmpty else { return }
        try sql(
            "INSERT INTO errand.job_dependencies SELECT * FROM unnest($1::bigint[], $2::bigint[])",
            .ints(pairs.map(\.0)),
            .ints(pairs.map(\.1))
        )
        let named = Set(plan.storedDependencies.map(\.dependency))
        for number in named { held[number]?.hasDependents = true }
        // A stored fact of the row itself: who ends the job sees it in the version of the row it locks.
        for table in ["live", "ended"] {
            try sql(
                "UPDATE errand.\(table) SET has_dependents = true WHERE number = ANY ($1::bigint[])",
                .ints(named.sorted())
            )
        }
    }

    private static let findByKeys = """
        SELECT s.number FROM errand.live s WHERE s.unique_key IS NOT NULL
            AND (s.type, s.unique_key) IN (SELECT * FROM unnest($1::text[], $2::text[]))
            AND coalesce(s.tenant, '') = coalesce($3::text, '') AND (s.tenant IS NULL) = ($3::text IS NULL)
        """
}
#endif
