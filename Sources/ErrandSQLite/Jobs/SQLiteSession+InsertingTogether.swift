import Errand
import FoundationEssentials

// Jobs of one call that differ in nothing but their payload and what goes into a row as it is: several rows in one
// statement cost half of as many statements.
extension SQLiteSession {
    /// How many rows one statement inserts.
    static let rowsTogether = 20
    private static let insertTogether = JobInsert.rows(rowsTogether)

    /// Stores as many jobs as one statement takes; they must be alike.
    func insertTogether(_ jobs: ArraySlice<NewJob>, tenant: Name?) throws(JobStoreError) -> [InsertedJob] {
        guard let first = jobs.first else { return [] }
        let lane = try lane(queue: first.queue, type: first.type, tenant: tenant)
        let project = try project(first.projectId, tenant: memory.lanes[lane].tenant)
        let number = takeNumbers(jobs.count)
        let row = try sql(Self.insertTogether)
        let lowestRank = Int64(jobs.lazy.map(\.priority).min() ?? 0)
        var inserted: [InsertedJob] = []
        inserted.reserveCapacity(jobs.count)
        for (place, job) in jobs.enumerated() {
            let new = NewRow(
                job: job,
                number: number + Int64(place),
                id: identifiers.next(at: time.wall),
                lane: lane,
                blockedBy: 0
            )
            try bind(row, new, project: project, at: CInt(place) * JobInsert.width)
            inserted.append(InsertedJob(id: new.id, number: new.number, outcome: .inserted, createdAt: time.wall))
        }
        try row.run()
        count(CountKey(lane: lane, project: project), .queued, jobs.count)
        addClaimable(lane, jobs.count, at: ClaimPlace(rank: lowestRank, runAt: now, number: number))
        if interest.contains(.jobs) { for job in inserted { noteInserted(job.id, tenant, first.projectId) } }
        return inserted
    }
}

extension ArraySlice<NewJob> {
    /// Whether the jobs can be claimed at once, ask nothing of the database, and count under the same names.
    var areAlike: Bool {
        guard let first else { return true }
        return allSatisfy { job in
            !job.hasRareFields && job.runAt == nil && job.delaySeconds == nil
                && job.uploads.isEmpty && job.webhook == nil && job.queue == first.queue
                && job.type == first.type && job.projectId == first.projectId
        }
    }
}
