/// What a handler throws when it knows what should become of its job.
///
/// Any other error fails the run, and the type's ``RetryPolicy`` decides whether there is another.
public struct JobError: Error, Sendable, CustomStringConvertible {
    enum Action: Sendable {
        case fail(JobFailure, retryAfter: Duration?)
        case snooze(Duration)
    }

    let action: Action

    /// Fails the job for good, whatever budget is left.
    ///
    /// - Parameters:
    ///   - message: One sentence, safe to show the job's user.
    ///   - code: A short machine-readable word.
    ///   - details: More for a program, at most 16 KiB.
    /// - Returns: The error to throw.
    public static func permanent(
        _ message: String,
        code: String = JobFailure.Code.failed,
        details: JSONText? = nil
    ) -> JobError {
        JobError(action: .fail(JobFailure(code: code, message: message, details: details), retryAfter: nil))
    }

    /// Fails this run, which is charged, and asks for the next one after a delay.
    ///
    /// The job fails when its budget is spent.
    public static func retry(
        after delay: Duration,
        _ message: String = "The handler asked for another run.",
        code: String = JobFailure.Code.failed
    ) -> JobError {
        JobError(action: .fail(JobFailure(code: code, message: message), retryAfter: delay))
    }

    /// Ends this run without charging it, and asks to be run again after a delay.
    public static func snooze(for delay: Duration) -> JobError { JobError(action: .snooze(delay)) }

    /// The message, or for how long the job sleeps.
    public var description: String {
        switch action {
        case .fail(let failure, _): failure.message
        case .snooze(let delay): "The handler asked to be run again after \(delay)."
        }
    }
}

/// The same as ``JobError/snooze(for:)``, under the name that users of swift-jobs know.
public struct JobSleep: Error, Sendable {
    /// For how long.
    public let delay: Duration

    /// Creates the error to throw.
    public init(for delay: Duration) { self.delay = delay }
}

/// An error that says itself what the job's user should read.
///
/// Without it an error's text, `String(describing:)`, is what the user reads: conform error types whose text is not
/// meant for that.
public protocol JobFailureConvertible: Error {
    /// The failure to record.
    var jobFailure: JobFailure { get }
}
