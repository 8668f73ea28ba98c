public import Errand

/// Jobs for an application's tests: what it submits is kept in memory and runs when the test says so.
///
/// ```swift
/// let jobs = TestJobs(handlers)
/// try await signUp("ann@example.com", jobs: jobs.client)
/// #expect(try await jobs.submitted(SendWelcome.self).map(\.to) == ["ann@example.com"])
/// try await jobs.runAll()
/// ```
///
/// Time stands still: a retry or a job for later runs after ``advance(by:)``.
public struct TestJobs: Sendable {
    /// What the application under test is given.
    public let client: JobClient
    /// Where the jobs are.
    public let store: MemoryJobStore
    /// Tells the store the time.
    public let clock: ManualClock

    private let handlers: JobHandlers
    private let options: WorkerOptions

    /// Creates an empty store and a client for it.
    ///
    /// - Parameters:
    ///   - handlers: The application's own; types without one can be submitted where the handlers' types allow it.
    ///   - scope: Under which the client submits.
    ///   - options: How the jobs are run: middleware and the like.
    public init(_ handlers: JobHandlers, scope: Scope = .default, options: WorkerOptions = WorkerOptions()) {
        clock = ManualClock()
        store = MemoryJobStore(clock: clock)
        client = JobClient(store: store, scope: scope, types: handlers.types)
        self.handlers = handlers
        self.options = options
    }

    /// The jobs of a type that were submitted, in order.
    public func submitted(_ type: Name) async throws(JobStoreError) -> [Job] {
        var filter = JobFilter()
        filter.types = [type]
        var page = PageRequest(limit: 1000)
        var jobs: [Job] = []
        repeat {
            let answer = try await store.jobs(filter, page: page, scope: client.scope)
            jobs += answer.jobs
            page.before = answer.next
        } while page.before != nil
        return jobs.reversed()
    }

    /// The payloads of a type that were submitted, in order.
    ///
    /// - Parameter type: A payload that knows its type's name.
    /// - Returns: The payloads, decoded.
    /// - Throws: What decoding threw.
    public func submitted<Parameters: JobParameters>(_ type: Parameters.Type) async throws -> [Parameters] {
        try await submitted(Name(Parameters.jobName)).map { try $0.payload.decode(as: type) }
    }

    /// Runs everything that is due, and what that submits, until nothing is left.
    ///
    /// - Throws: What the worker threw; a handler's errors are its job's.
    public func runAll() async throws {
        var changes = store.changes(.jobs)
        let worker = Worker(store: store, handlers: handlers, options: options)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            while store.hasWork(for: handlers.names), await changes.next() != nil {}
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// Moves the clock on, so that jobs for later and retries fall due.
    public func advance(by duration: Duration) { clock.advance(by: duration) }
}
