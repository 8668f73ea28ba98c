import Errand
@testable import ErrandSQLite

/// What a test looks up in the file itself.
extension SQLiteJobStore {
    func onlyInt(_ sql: StaticSQL) async throws -> Int64 {
        try await write { session throws(JobStoreError) in try session.sql(sql).onlyInt() }
    }

    func onlyText(_ sql: StaticSQL) async throws -> String {
        try await write { session throws(JobStoreError) in
            let row = try session.sql(sql)
            defer { row.reset() }
            return try row.step() ? row.text(0) : ""
        }
    }

    /// How many groups of `job_counts` are not what counting the jobs gives.
    func wrongCounts() async throws -> Int64 {
        try await onlyInt(
            """
            WITH counted AS (
                SELECT lane, ifnull(project, 0) AS project, sum(status = 0) AS queued, sum(status = 1) AS running,
                    sum(status = 2) AS completed, sum(status = 3) AS failed, sum(status = 4) AS cancelled
                FROM jobs GROUP BY 1, 2
            ), kept AS (
                SELECT lane, project, queued, running, completed, failed, cancelled FROM job_counts
                WHERE queued <> 0 OR running <> 0 OR completed <> 0 OR failed <> 0 OR cancelled <> 0
            )
            SELECT (SELECT count(*) FROM (SELECT * FROM counted EXCEPT SELECT * FROM kept))
                + (SELECT count(*) FROM (SELECT * FROM kept EXCEPT SELECT * FROM counted))
            """
        )
    }

    /// `ok`, or what SQLite finds wrong with the file.
    func integrity() async throws -> String { try await onlyText("PRAGMA integrity_check") }

    func submitted(_ count: Int = 1, _ change: (inout NewJob) -> Void = { _ in }) async throws -> [JobID] {
        var job = NewJob(type: "work")
        change(&job)
        return try await insert(Array(repeating: job, count: count), scope: .default).map(\.id)
    }

    func claimed(_ limit: Int = 1, kind: ClaimRequest.WorkerKind = .process) async throws -> [ClaimedJob] {
        let request =
            ClaimRequest(worker: "w1", kind: kind, types: ["work"], limit: limit, lease: .seconds(30))
        return try await claim(request).jobs
    }

    func read(_ id: JobID) async throws -> Job { try await job(.id(id), scope: .system) }

    func total() async throws -> Int {
        try await counts(by: .type, projectId: nil, scope: .system).values.reduce(0) { $0 + $1.total }
    }
}

/// The code of the store error that the body throws; nil when it throws none.
func errorCode(_ body: () async throws -> Void) async throws -> JobStoreError.Code? {
    do {
        try await body()
        return nil
    } catch let error as JobStoreError {
        return error.code
    }
}
