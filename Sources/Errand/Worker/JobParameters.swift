/// A payload that knows its type's name; the form that users of swift-jobs know.
///
/// ```swift
/// struct SendEmail: JobParameters {
///     static let jobName = "SendEmail"
///     let to: String
/// }
/// ```
public protocol JobParameters: Codable, Sendable {
    /// The type's name.
    static var jobName: String { get }
}

extension JobHandlers {
    /// Registers the handler of a payload that knows its type's name, with a result.
    ///
    /// - Parameters:
    ///   - parameters: The payload.
    ///   - retryStrategy: When a failed run is tried again; its `maxAttempts`, else 3, is the budget.
    ///   - timeout: How long one run may take.
    ///   - run: Does the work.
    public mutating func registerJob<Parameters: JobParameters, Output: Encodable & SendableMetatype>(
        parameters: Parameters.Type,
        retryStrategy: RetryPolicy = .exponential(),
        timeout: Duration? = nil,
        run: @escaping @Sendable (Parameters, JobContext) async throws -> Output
    ) {
        register(Name(Parameters.jobName), retry: retryStrategy, timeout: timeout, run: run)
    }

    /// Registers the handler of a payload that knows its type's name, without a result.
    ///
    /// - Parameters:
    ///   - parameters: The payload.
    ///   - retryStrategy: When a failed run is tried again; its `maxAttempts`, else 3, is the budget.
    ///   - timeout: How long one run may take.
    ///   - run: Does the work.
    public mutating func registerJob<Parameters: JobParameters>(
        parameters: Parameters.Type,
        retryStrategy: RetryPolicy = .exponential(),
        timeout: Duration? = nil,
        run: @escaping @Sendable (Parameters, JobContext) async throws -> Void
    ) {
        register(Name(Parameters.jobName), retry: retryStrategy, timeout: timeout, run: run)
    }
}
