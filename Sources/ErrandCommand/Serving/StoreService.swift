#if Server
import Logging
import ServiceLifecycle

/// Keeps the store open for as long as the services that were started after it run, and closes it after them.
struct StoreService: Service {
    let store: any InstallationStore
    let logger: Logger

    func run() async throws {
        // Ends with the group: by a graceful shutdown, or by cancellation when a service failed.
        try? await gracefulShutdown()
        store.close()
        logger.info("store closed")
    }
}

/// Logs when a service has stopped.
struct StepLog: Service {
    let name: String
    let service: any Service
    let logger: Logger

    func run() async throws {
        try await service.run()
        logger.info("\(name) stopped")
    }
}
#endif
