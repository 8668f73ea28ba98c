public import Testing

/// One behaviour that every ``Errand/JobStore`` must have.
///
/// A store's conformance test is one parameterized test per group:
///
/// ```swift
/// @Test("SQLite: claiming", arguments: JobStoreCheck.claiming)
/// func claiming(_ check: JobStoreCheck) async throws {
///     let clock = ManualClock()
///     try await check.run(JobStoreUnderTest(try await makeStore(clock), clock: clock))
/// }
/// ```
///
/// Each check wants an empty store of its own. What it expects is written out in it, not taken from the reference
/// store.
public struct JobStoreCheck: Sendable, CustomTestStringConvertible {
    /// The behaviour, as a sentence.
    public let name: String
    /// Looks for it, and records an issue where it is missing.
    public let run: @Sendable (JobStoreUnderTest) async throws -> Void

    /// Creates a check.
    public init(_ name: String, run: @escaping @Sendable (JobStoreUnderTest) async throws -> Void) {
        self.name = name
        self.run = run
    }

    /// The behaviour, as a sentence.
    public var testDescription: String { name }

    /// Every check of every group.
    public static let all: [JobStoreCheck] =
        inserting + replaying + uniqueness + refusing + dependencies + claiming + rotating + rateLimits + tenantLimits
        + renewing + reporting + settling
        + followingUp + cancelling + stopping + stoppingKeys + retrying + amending + tracking + reaping + pruning
        + querying + searching + scoping
        + logging + queues
        + changes + waiting + workers + naming + limits + extremes
}
