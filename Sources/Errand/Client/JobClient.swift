/// Submits jobs and asks about them, for one scope.
///
/// ```swift
/// let client = JobClient(store: store, types: handlers.types)
/// let job = try await client.submit("sendInvoice", Invoice(number: 17))
/// let receipt = try await client.result(of: .id(job.id), as: Receipt.self, timeout: .seconds(10))
/// ```
public struct JobClient: Sendable {
    /// Where the jobs are.
    public let store: any JobStore
    /// Who asks.
    public let scope: Scope
    /// The known types; nil submits anything.
    public let types: JobTypes?
    /// How often to look when the store tells nothing.
    let pollInterval: Duration

    /// Creates a client.
    ///
    /// - Parameters:
    ///   - store: Where the jobs are.
    ///   - scope: Who asks; the tenant of an installation without authentication by default.
    ///   - types: The known types, which give new jobs their defaults; others are refused. Nil submits anything.
    ///   - pollInterval: How often waiting calls look by themselves, should the store's changes fail to come.
    public init(
        store: any JobStore,
        scope: Scope = .default,
        types: JobTypes? = nil,
        pollInterval: Duration = .seconds(2)
    ) {
        self.store = store
        self.scope = scope
        self.types = types
        self.pollInterval = pollInterval
    }

    /// The same client for another scope.
    public func scoped(to scope: Scope) -> JobClient {
        JobClient(store: store, scope: scope, types: types, pollInterval: pollInterval)
    }
}
