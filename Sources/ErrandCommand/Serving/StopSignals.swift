#if Server
import ErrandFiles
import Logging
import ServiceLifecycle
import UnixSignals

// SIGINT and SIGTERM, for the exit code.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Turns the first SIGTERM or SIGINT into a graceful stop, and the second into an end at once.
struct StopSignals {
    let group: ServiceGroup
    let logger: Logger

    /// Runs the group under the signals.
    func run() async throws {
        // Trapped before anything starts, so that no signal finds the default action.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let watching = Task { await watch(signals) }
        defer { watching.cancel() }
        try await group.run()
    }

    private func watch(_ signals: UnixSignalsSequence) async {
        var isStopping = false
        for await signal in signals {
            if isStopping {
                logger.warning("stopping at once", metadata: ["signal": "\(signal)"])
                // What still runs is taken back by the next start; that costs a job none of its attempts.
                RunningPrograms.killAll(thenExit: 128 + (signal == .sigint ? SIGINT : SIGTERM))
            }
            isStopping = true
            logger.info("stopping; a second signal stops at once", metadata: ["signal": "\(signal)"])
            await group.triggerGracefulShutdown()
        }
    }
}
#endif
