#if Server
// A timer that fires whatever the handlers do to the threads that tasks run on.
import Dispatch
import Errand
import ErrandFiles
import Logging
import ServiceLifecycle

/// A worker that a supervisor keeps: without it, it gives back what it runs and ends.
struct SupervisedWorker: Service {
    /// How long that may take.
    private static let patience: Duration = .seconds(30)

    let worker: Worker
    let logger: Logger

    func run() async throws {
        let isOrphan = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await worker.run()
                return false
            }
            group.addTask {
                await SupervisorLine.end()
                if !Task.isCancelled { endInTime() }
                return !Task.isCancelled
            }
            let isOrphan = try await group.next() ?? false
            group.cancelAll()
            try await group.waitForAll()
            return isOrphan
        }
        if isOrphan { throw CommandFailure(.unavailable, "The supervisor of this worker process is gone.") }
    }

    private func endInTime() {
        logger.error("the supervisor is gone; giving back what runs")
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience.seconds) {
            RunningPrograms.killAll(thenExit: ExitStatus.unavailable.rawValue)
        }
    }
}
#endif
