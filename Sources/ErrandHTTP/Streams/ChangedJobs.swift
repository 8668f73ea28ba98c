#if Server
import Errand
import Synchronization

/// Which jobs changed since a stream last looked; bounded, since a slow client can read its lists again.
final class ChangedJobs: Sendable {
    struct Changes {
        var jobs: [JobID: JobChange] = [:]
        /// More changed than was kept.
        var isIncomplete = false
    }

    private let changes = Mutex(Changes())
    private let scope: Scope
    private let capacity: Int

    init(scope: Scope, capacity: Int = 256) {
        self.scope = scope
        self.capacity = capacity
    }

    /// Whether anything was noted.
    func note(_ news: StoreChanges) -> Bool {
        let visible = news.jobs.filter { scope.includes(tenantId: $0.value.tenantId, projectId: $0.value.projectId) }
        guard !visible.isEmpty || news.isIncomplete else { return false }
        changes.withLock { changes in
            changes.jobs.merge(visible) { $1 }
            changes.isIncomplete = changes.isIncomplete || news.isIncomplete
            guard changes.jobs.count > capacity || changes.isIncomplete else { return }
            changes.jobs.removeAll()
            changes.isIncomplete = true
        }
        return true
    }

    func take() -> Changes {
        changes.withLock { changes in
            defer { changes = Changes() }
            return changes
        }
    }
}
#endif
