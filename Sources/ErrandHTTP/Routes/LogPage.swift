#if Server
import Errand

/// A page of a job's log from a level on; the store gives lines of every level.
struct LogPage {
    let store: any JobStore
    let job: JobReference
    let scope: Scope
    let level: LogLine.Level

    /// At most `limit` lines that matter enough, after a sequence number.
    func lines(after: Int64, limit: Int) async throws -> [StoredLogLine] {
        var found: [StoredLogLine] = []
        var after = after
        while found.count < limit {
            let lines = try await store.logs(job, after: after, limit: limit, scope: scope)
            found += lines.filter { $0.line.level >= level }
            guard lines.count == limit, let last = lines.last else { break }
            after = last.sequence
        }
        return Array(found.prefix(limit))
    }
}
#endif
