/// Code that goes around every run of a worker's handlers, such as an audit, a transaction or a limit.
///
/// The first of ``WorkerOptions/middleware`` is the outermost. It runs in the handler's task: what it throws fails the
/// run like an error of the handler, and it may answer without calling `next`.
public protocol JobMiddleware: Sendable {
    /// Runs the job by calling `next`, once or not at all.
    func around(
        _ context: JobContext,
        next: () async throws -> JobResult
    ) async throws -> JobResult
}

/// Hears of every error that fails a run; for services such as Sentry.
///
/// It is awaited in the run's slot after the end was handed over for recording, so it delays no other job's end.
public typealias JobErrorReporter = @Sendable (_ context: JobContext, _ error: any Error) async -> Void

/// What an error reporter is told of a handler that goes on after it was cancelled.
public struct JobOverrunError: Error, Sendable, CustomStringConvertible {
    /// For how long it has gone on.
    public let patience: Duration
    /// One sentence for the log.
    public var description: String {
        "The handler still runs \(patience) after it was told to stop, and ignores that; its slot is busy."
    }
}

/// What an error reporter is told of a run that took longer than its timeout.
public struct JobTimeoutError: Error, Sendable, CustomStringConvertible {
    /// The limit, in seconds.
    public let seconds: Int

    package init(seconds: Int) { self.seconds = seconds }

    /// One sentence for the job's user.
    public var description: String { "The run took longer than its timeout of \(seconds) s." }
}
