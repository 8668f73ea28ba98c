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
    /// Called with the second signal, and with each after it.
    ///
    /// What still runs when the process ends is taken back by another; that costs a job none of its attempts.
    var endAtOnce: @Sendable (Int32) -> Void = { RunningPrograms.killAll(thenExit: 128 + $0) }

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
                endAtOnce(signal == .sigint ? SIGINT : SIGTERM)
                continue
            }
            isStopping = true
            logger.info("stopping; a second signal stops at once", metadata: ["signal": "\(signal)"])
            await group.triggerGracefulShutdown()
        }
    }
}
#endif
