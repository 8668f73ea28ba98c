import Errand
import FoundationEssentials

extension MemoryState {
    /// Takes back runs whose lease is over, the longest over first, and fails tracked jobs that went silent.
    mutating func reap(limit: Int, at time: StoreTime) -> Int {
        let orphans = running.compactMap { records[$0]?.job }
            .filter { ($0.leaseEnd ?? .zero) <= time.steady }
            .sorted { ($0.leaseEnd ?? .zero, $0.number) < ($1.leaseEnd ?? .zero, $1.number) }
            .prefix(max(0, limit))
        workers.reap(at: time)
        for job in orphans { apply(.reap, to: job, at: time) }
        for number in watched.sorted() {
            guard let job = records[number]?.job else { continue }
            apply(.goStale, to: job, at: time)
        }
        return orphans.count
    }

    mutating func prune(limit: Int, deletedFiles: [String], at time: StoreTime) -> PruneResult {
        orphanedFiles.subtract(deletedFiles.map({ Name($0) }))
        tombstones.removeOld(at: time)
        forgetOldAnswers(at: time)
        orphanExpiredUploads(limit: limit, at: time)
        let expired = records.values.map(\.job)
            .filter { $0.hasExpired(at: time) }
            .sorted { ($0.recordExpiresAt ?? 0, $0.number) < ($1.recordExpiresAt ?? 0, $1.number) }
            .prefix(max(0, limit))
        for job in expired {
            remove(job, at: time)
            // What waits for a tracked job whose record is gone would wait for ever.
            if !job.status.isTerminal { beginCascade(of: job, isCompleted: false) }
        }
        return PruneResult(deletedRecords: expired.count, orphanedFiles: orphanedFiles.sorted().map(\.text))
    }
}

extension Job {
    fileprivate func hasExpired(at time: StoreTime) -> Bool {
        guard let recordExpiresAt, tracking != nil || status.isTerminal, stopping == nil else { return false }
        return recordExpiresAt * 1000 <= time.wall.milliseconds
    }
}
