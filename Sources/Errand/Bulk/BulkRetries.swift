import FoundationEssentials

/// Which jobs a bulk job has retried: those that wait for them are not to go on without them.
///
/// One of them may have failed again before its turn comes to a job that waits for it. That job is cancelled then, as
/// it would be had both been retried at once.
package struct BulkRetries {
    private var retried: Set<JobID> = []
    /// Up to this number an earlier run has retried, of which nothing else is known.
    private let upTo: Int64
    /// When the bulk job was asked for.
    private let since: Date

    init(upTo: Int64, since: Date) { (self.upTo, self.since) = (upTo, since) }

    /// Notes that jobs were retried.
    mutating func note(_ jobs: [JobID]) { retried.formUnion(jobs) }

    /// Those of some jobs that were retried by the bulk job.
    ///
    /// Of an earlier run's jobs those count that have ended since: their end before was another one.
    func among(_ after: [JobID], in store: any JobStore, _ scope: Scope) async throws(JobStoreError) -> Set<JobID> {
        var together = retried.intersection(after)
        guard upTo > 0 else { return together }
        for id in after where !together.contains(id) {
            do throws(JobStoreError) {
                let job = try await store.job(.id(id), scope: scope)
                if job.number <= upTo, let end = job.completedAt, end > since { together.insert(id) }
            } catch {
                // What is not there, or not to be seen, is no job of this bulk job.
                guard error.code == .notFound || error.code == .gone else { throw error }
            }
        }
        return together
    }

    /// Jobs in the order of their numbers, taken apart so that each comes in a wave behind those it waits for.
    package static func waves(of jobs: [Job]) -> [[Job]] {
        var waves: [[Job]] = []
        var places: [JobID: Int] = [:]
        for job in jobs {
            let place = job.after.compactMap { places[$0] }.max().map { $0 + 1 } ?? 0
            places[job.id] = place
            if place == waves.count { waves.append([]) }
            waves[place].append(job)
        }
        return waves
    }
}
