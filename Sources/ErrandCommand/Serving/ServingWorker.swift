#if Server
import Errand
import Logging
import ServiceLifecycle

/// The worker within a server: when an operator stops it, the server goes on, and with it what a worker does for the
/// store.
struct ServingWorker: Service {
    let worker: Worker
    let upkeep: StoreUpkeep
    let logger: Logger

    func run() async throws {
        try await worker.run()
        guard !Task.isShuttingDownGracefully, !Task.isCancelled else { return }
        logger.notice("the worker was told to stop and has ended; the server goes on without one")
        try await upkeep.run()
    }
}
#endif
