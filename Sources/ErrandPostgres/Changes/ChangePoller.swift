#if Postgres
import Errand
import Synchronization

/// Tells subscribers to look again, as nobody tells what other processes changed.
final class ChangePoller: Sendable {
    private let pool: PostgresPool
    private let hub: ChangeHub
    private let isAsking = Mutex(false)

    init(pool: PostgresPool, hub: ChangeHub) { (self.pool, self.hub) = (pool, hub) }

    /// Asks which queues have work and tells it, unless the last time is not over yet.
    func tell() {
        let starts = isAsking.withLock { isAsking in
            defer { isAsking = true }
            return !isAsking
        }
        guard starts else { return }
        let accepted = pool.enqueue { [self] link in
            // What cannot be asked now is asked the next time; who calls the store hears why.
            if let changes = try? Self.changes(on: link.connection(), hasMissedJobs: true) { hub.publish(changes) }
            isAsking.withLock { $0 = false }
            return .done
        }
        if !accepted { isAsking.withLock { $0 = false } }
    }

    /// Where there is work, and whether jobs may have changed unheard.
    static func changes(
        on connection: PostgresConnection,
        hasMissedJobs: Bool
    ) throws(JobStoreError) -> StoreChanges {
        var changes = StoreChanges()
        changes.isIncomplete = hasMissedJobs
        let queues = try connection.run("WITH RECURSIVE \(PostgresSession.lanes) SELECT DISTINCT queue FROM lanes")
            .map { (row) throws(JobStoreError) in row.name() }
        changes.queues = Set(queues)
        return changes
    }
}
#endif
