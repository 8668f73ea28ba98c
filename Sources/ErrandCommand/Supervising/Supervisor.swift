#if Server
import Errand
import Logging
import ServiceLifecycle

/// Keeps a number of processes running: one that ends is started again, after a while that grows.
///
/// No process outlives ``run()``: a graceful shutdown and a cancellation end them, hard where they do not obey.
struct Supervisor: Service {
    /// Runs one process to its end; when the task is cancelled it ends the process first.
    typealias Launch = @Sendable () async -> ProcessEnd

    let count: Int
    let timing: WorkerTiming
    let random: SharedRandom
    let logger: Logger
    let launch: Launch

    /// Runs until a graceful shutdown, or until a process says that starting it again is of no use.
    func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for place in 1...max(1, count) { group.addTask { try await keep(place) } }
                // The first that gives up takes the others with it; `waitForAll` would let them run on.
                while try await group.next() != nil {}
            }
        }
    }

    private func keep(_ place: Int) async throws {
        var delay = RestartDelay()
        while !Task.isCancelled {
            let start = timing.now()
            let end = await launch()
            if Task.isCancelled { return noteStop(of: place, end) }
            if let status = end.finalStatus {
                throw CommandFailure(status, "Worker process \(place) ended with \(end); see what it said. Stopping.")
            }
            let uptime = timing.now() - start
            let wait = random.draw { delay.next(after: end, uptime: uptime, using: &$0) }
            logger.warning(
                "a worker process ended; starting it again",
                metadata: ["process": "\(place)", "end": "\(end)", "in_ms": "\(wait.wholeMilliseconds)"]
            )
            // Throws only when everything stops, which ends the loop.
            try? await timing.sleep(timing.now() + wait)
        }
    }

    private func noteStop(of place: Int, _ end: ProcessEnd) {
        let level: Logger.Level = end == .exited(0) ? .info : .warning
        logger.log(level: level, "worker process stopped", metadata: ["process": "\(place)", "end": "\(end)"])
    }
}
#endif
