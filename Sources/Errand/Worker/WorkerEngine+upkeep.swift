import Logging
import Metrics

// What every process does for the store, without a leader: done twice it does no harm.
extension WorkerEngine {
    private static let batch = 1000

    func reap() async {
        guard let interval = options.reapInterval else { return }
        while !Task.isCancelled {
            await reapOnce()
            // Cancelled only when the worker has stopped, which ends the loop.
            try? await timing.sleep(timing.now() + interval)
        }
    }

    private func reapOnce() async {
        do {
            while true {
                let count = try await store.reap(limit: Self.batch)
                if count > 0 {
                    metrics.rescued.increment(by: count)
                    logger.notice("Took back \(count) jobs whose worker died")
                }
                if count < Self.batch { return }
            }
        } catch {
            metrics.storeError("reap", error)
            logOutage(.warning, "Cannot take back jobs of dead workers: \(error)")
        }
    }

    func prune() async {
        guard let interval = options.pruneInterval else { return }
        while !Task.isCancelled {
            // Cancelled only when the worker has stopped, which ends the loop.
            try? await timing.sleep(timing.now() + interval)
            if Task.isCancelled { return }
            await pruneOnce()
        }
    }

    private func pruneOnce() async {
        var deleted: [String] = []
        do {
            while !Task.isCancelled {
                let result = try await store.prune(limit: Self.batch, deletedFiles: deleted)
                deleted = await delete(result.orphanedFiles)
                // Without progress, such as a broken object store, the next interval goes on.
                if deleted.isEmpty, result.deletedRecords < Self.batch, !result.hasMore { return }
            }
        } catch {
            metrics.storeError("prune", error)
            logOutage(.warning, "Cannot delete expired jobs: \(error)")
        }
    }

    /// Deletes objects that no record names any more; returns those that are gone.
    private func delete(_ keys: [String]) async -> [String] {
        guard let objects = options.objectStore else { return [] }
        var deleted: [String] = []
        for key in keys {
            do {
                try await objects.delete(key)
                deleted.append(key)
            } catch {
                logger.warning("Cannot delete the file \(key): \(error); trying again later")
            }
        }
        return deleted
    }
}
