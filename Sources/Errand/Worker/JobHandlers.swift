/// The types a worker can run, each with its handler.
///
/// ```swift
/// var handlers = JobHandlers()
/// handlers.register("sendInvoice", queue: "mail", timeout: .seconds(30)) { (invoice: Invoice, context) in
///     context.progress(50, "Rendering…")
///     return Receipt(number: try await mail(invoice))
/// }
/// ```
///
/// Registering a type also describes it in ``types``, which a ``JobClient`` takes to give new jobs their defaults and
/// to refuse unknown types.
public struct JobHandlers: Sendable {
    /// Does a job's work; what ``register(raw:retry:run:)`` takes and the other forms come down to.
    public typealias Run = @Sendable (JobContext) async throws -> JobResult

    struct Handler: Sendable {
        let type: JobType
        let retry: RetryPolicy
        let run: Run
    }

    /// What is known of each type, for those who submit.
    public private(set) var types = JobTypes()
    private(set) var handlers: [Name: Handler] = [:]

    /// Creates a registry that knows no type.
    public init() {}

    /// The names of the types that have a handler, sorted.
    public var names: [Name] { handlers.keys.sorted() }

    /// Registers a handler that reads its payload itself and says where its result is, as configured types do.
    ///
    /// Registering a type twice is a programming error and stops the program; look into ``types`` first where names
    /// come from outside.
    ///
    /// - Parameters:
    ///   - type: The type, with what it accepts and its defaults.
    ///   - retry: When a failed run is tried again.
    ///   - run: Does the work.
    public mutating func register(
        raw type: JobType,
        retry: RetryPolicy = .exponential(),
        run: @escaping Run
    ) {
        precondition(handlers[type.name] == nil, "the job type \(type.name) is registered twice")
        types.register(type)
        handlers[type.name] = Handler(type: type, retry: retry, run: run)
    }

    /// Registers a handler that reads its payload itself, under a type without conditions.
    public mutating func register(
        raw name: Name,
        retry: RetryPolicy = .exponential(),
        run: @escaping Run
    ) {
        register(raw: JobType(name, maxAttempts: retry.maxAttempts ?? 3), retry: retry, run: run)
    }

    /// Registers the handler of a type that belongs to the installation: it is not in ``types``, so nobody submits it.
    mutating func register(own type: JobType, run: @escaping Run) {
        precondition(handlers[type.name] == nil, "the job type \(type.name) is registered twice")
        handlers[type.name] = Handler(type: type, retry: .exponential(), run: run)
    }

    /// Declares a type that workers elsewhere run: it may be submitted, and this process leaves its jobs alone.
    ///
    /// Declaring a type that has a handler is a programming error and stops the program.
    public mutating func declare(_ type: JobType) {
        precondition(handlers[type.name] == nil, "the job type \(type.name) has a handler here")
        types.register(type)
    }

    /// Says what people are told of a registered type.
    ///
    /// - Parameters:
    ///   - name: The type, which must be registered.
    ///   - description: Schemas and labels.
    public mutating func describe(_ name: Name, _ description: JobTypeDescription) {
        guard let handler = handlers[name] else {
            preconditionFailure("register the job type \(name) before describing it")
        }
        var type = handler.type
        type.description = description
        types.register(type)
        handlers[name] = Handler(type: type, retry: handler.retry, run: handler.run)
    }

    /// Adds a check to a registered type: it looks a submitted job over before it is stored.
    ///
    /// - Parameters:
    ///   - name: The type, which must be registered.
    ///   - check: Refuses a bad job with a pointer to its fault, or completes it.
    public mutating func admit(
        _ name: Name,
        _ check: @escaping @Sendable (inout NewJob) throws(JobStoreError) -> Void
    ) {
        guard let handler = handlers[name] else {
            preconditionFailure("register the job type \(name) before adding a check to it")
        }
        var type = handler.type
        type.admit = check
        types.register(type)
        handlers[name] = Handler(type: type, retry: handler.retry, run: handler.run)
    }
}
