import Logging
import Metrics
public import ServiceLifecycle

/// What every process does for the store, without a leader: takes back what dead workers held, deletes what expired.
///
/// Done by several it does no harm. A ``Worker`` does it beside its jobs; a process that runs no jobs itself runs this
/// in its place, so that a store whose workers are all elsewhere is kept as well.
public struct StoreUpkeep: Service {
    let store: any JobStore
    let options: WorkerOptions
    let timing: WorkerTiming
    let metrics: WorkerMetrics
    let outages: OutageLog

    /// Creates the upkeep of a store.
    ///
    /// - Parameters:
    ///   - store: Where the jobs are.
    ///   - options: How often, and where the files are; the rest of it is a worker's.
    public init(store: any JobStore, options: WorkerOptions = WorkerOptions()) {
        self.init(store: store, options: options, timing: .system, metrics: WorkerMetrics(), outages: OutageLog())
    }

    init(
        store: any JobStore,
        options: WorkerOptions,
        timing: WorkerTiming,
        metrics: WorkerMetrics,
        outages: OutageLog
    ) {
        self.store = store
        self.options = options
        self.timing = timing
        self.metrics = metrics
        self.outages = outages
    }

    /// Keeps the store until a graceful shutdown or the task's cancellation.
    public func run() async throws { await cancelWhenGracefulShutdown { await keep() } }

    /// Keeps the store until the task is cancelled.
    func keep() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await reap() }
            group.addTask { await prune() }
        }
    }

    private var logger: Logger { options.logger }

    private func logOutage(_ message: @autoclosure () -> Logger.Message, line: UInt = #line) {
        outages.log(message(), .warning, to: logger, metadata: [:], at: timing.now(), file: #fileID, line: line)
    }

    private static let batch = 1000

    private func reap() async {
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
            logOutage("Cannot take back jobs of dead workers: \(error)")
        }
    }

    private func prune() async {
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
            logOutage("Cannot delete expired jobs: \(error)")
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
