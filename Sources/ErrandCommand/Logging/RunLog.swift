#if Server
import Errand
import Logging

/// Logs every run, when it starts at debug, and how it went at info or warning.
///
/// What it worked on stays out of the log.
struct RunLog: JobMiddleware {
    func around(_ context: JobContext, next: () async throws -> JobResult) async throws -> JobResult {
        var logger = context.logger
        logger[metadataKey: "job"] = "\(context.number)"
        logger[metadataKey: "queue"] = "\(context.queue)"
        logger.debug("job started")
        let start = ContinuousClock.now
        do {
            let result = try await next()
            logger.info("job ran", metadata: ["ms": Self.milliseconds(since: start)])
            return result
        } catch {
            Self.log(error, context, logger, start)
            throw error
        }
    }

    private static func log(
        _ error: any Error,
        _ context: JobContext,
        _ logger: Logger,
        _ start: ContinuousClock.Instant
    ) {
        let took = milliseconds(since: start)
        if error is CancellationError || context.isCancelled {
            logger.info("job stopped", metadata: ["ms": took])
        } else {
            logger.warning("job run failed", metadata: ["ms": took, "error": "\(error)"])
        }
    }

    private static func milliseconds(since start: ContinuousClock.Instant) -> Logger.MetadataValue {
        "\(start.duration(to: .now).wholeMilliseconds)"
    }
}
#endif
