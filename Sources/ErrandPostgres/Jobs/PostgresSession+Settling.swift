#if Postgres
import Errand
import FoundationEssentials

extension PostgresSession {
    /// Ends runs, each with everything it leaves, or does nothing for it.
    ///
    /// Neighbouring runs that were completed and leave a result at most, which most do, are written by one statement.
    func settle(_ settlements: [Result<Settlement, JobStoreError>]) throws(JobStoreError) -> [SettleResult] {
        try holdAll(of: settlements)
        var results: [SettleResult] = []
        results.reserveCapacity(settlements.count)
        var completions: [Completion] = []
        var numbers: Set<Int64> = []
        for settlement in settlements {
            if case .success(let settlement) = settlement, let completion = Completion(settlement) {
                if !numbers.insert(completion.lease.number).inserted {
                    results += try complete(&completions)
                    numbers = [completion.lease.number]
                }
                completions.append(completion)
                continue
            }
            results += try complete(&completions)
            numbers = []
            switch settlement {
            case .success(let settlement): results.append(try settle(settlement))
            case .failure(let error): results.append(.refused(error))
            }
        }
        return try results + complete(&completions)
    }

    /// Locks the jobs of a batch together, in the order of their numbers; completions alone are locked by what writes
    /// them.
    private func holdAll(of settlements: [Result<Settlement, JobStoreError>]) throws(JobStoreError) {
        let applied = settlements.compactMap { try? $0.get() }  // What is refused already locks nothing.
        guard !applied.allSatisfy({ Completion($0) != nil }) else { return }
        try hold(applied.map(\.lease.number))
    }

    private func settle(_ settlement: Settlement) throws(JobStoreError) -> SettleResult {
        if settlement.followUps.isEmpty { return try end(settlement) }
        do throws(JobStoreError) {
            return try nested { () throws(JobStoreError) in
                let result = try end(settlement)
                if case .applied = result { try insertFollowUps(of: settlement) }
                return result
            }
        } catch {
            // The database's own troubles are everybody's, and a collision is tried again; a refusal is this one's.
            if error.isOfTransaction { throw error }
            return .refused(error)
        }
    }

    private func insertFollowUps(of settlement: Settlement) throws(JobStoreError) {
        guard let job = held(settlement.lease)?.job else { return }
        try flush()
        _ = try insert(settlement.followUps, scope: job.tenantId.map { .tenant($0) } ?? .system)
    }

    private func end(_ settlement: Settlement) throws(JobStoreError) -> SettleResult {
        let lease = settlement.lease
        try hold([lease.number])
        guard let job = held(lease)?.job else { return .fenced(currentStatus: nil) }
        let changed: Job
        switch try apply(.settle(settlement), to: job.number) {
        case .success(let job): changed = job
        case .failure(let refusal): return .fenced(currentStatus: refusal.status)
        }
        if settlement.outcome != .acknowledgeCancel {
            // The run's lines belong to its attempt, which giving the job back takes off the count.
            if let report = settlement.report { try append(report, attempt: job.attempt) }
        }
        if case .complete(let result) = settlement.outcome { try addFiles(result.files, to: job.number) }
        return .applied(changed.status)
    }

    func addFiles(_ files: [JobFile], to number: Int64) throws(JobStoreError) {
        // Of two files of one name the later counts; one statement must not meet both.
        let files = Dictionary(files.map { ($0.name, $0) }) { $1 }.values.sorted { $0.name < $1.name }
        guard !files.isEmpty else { return }
        try sql(
            """
            INSERT INTO errand.job_files (number, name, key, size, sha256, content_type)
            SELECT $1::bigint, * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[])
            ON CONFLICT (number, name) DO UPDATE SET key = excluded.key, size = excluded.size,
                sha256 = excluded.sha256, content_type = excluded.content_type
            """,
            .int(number),
            .texts(files.map(\.name)),
            .texts(files.map(\.key)),
            .ints(files.map(\.size)),
            .texts(files.map(\.sha256)),
            .texts(files.map(\.contentType))
        )
        // What came as an upload goes with the job from now on.
        let uploads = try sql(
            "SELECT id FROM errand.uploads WHERE key = ANY ($1::text[]) AND job IS NULL",
            .texts(files.map(\.key))
        )
        .map { (row) throws(JobStoreError) in try row.id() }
        guard !uploads.isEmpty else { return }
        try lockUploads(uploads)
        try sql(
            "UPDATE errand.uploads SET job = $1::bigint WHERE id = ANY ($2::uuid[]) AND job IS NULL",
            .int(number),
            .ids(uploads)
        )
    }
}
#endif
