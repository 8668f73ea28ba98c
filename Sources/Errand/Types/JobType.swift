/// What is known of a type before any job of it runs: where it waits, its budget, and what it accepts.
public struct JobType: Sendable {
    /// The handler's key.
    public var name: Name
    /// The queue its jobs wait in unless the submitter names another.
    public var queue: Name
    /// The budget of charged runs unless the submitter gives another.
    public var maxAttempts: Int
    /// How long one run may take, in seconds, unless the submitter says otherwise; nil is no limit.
    public var timeoutSeconds: Int?
    /// What people are told of it, and what its payloads and results are held to.
    public var description = JobTypeDescription()
    /// Looks a submitted job over before it is stored: refuses a bad payload with a pointer, or completes the job.
    public var admit: @Sendable (inout NewJob) throws(JobStoreError) -> Void

    /// Creates a type.
    ///
    /// - Parameters:
    ///   - name: The handler's key.
    ///   - queue: The queue its jobs wait in by default.
    ///   - maxAttempts: The default budget of charged runs, at least 1.
    ///   - timeoutSeconds: The default limit of one run.
    ///   - admit: Looks a submitted job over; accepts everything by default.
    public init(
        _ name: Name,
        queue: Name = "default",
        maxAttempts: Int = 3,
        timeoutSeconds: Int? = nil,
        admit: @escaping @Sendable (inout NewJob) throws(JobStoreError) -> Void = { (_) throws(JobStoreError) in }
    ) {
        self.name = name
        self.queue = queue
        self.maxAttempts = maxAttempts
        self.timeoutSeconds = timeoutSeconds
        self.admit = admit
    }

    /// What of a payload is not as the type's schema wants it; the pointers start at the payload.
    public func violations(in payload: JSONText) -> [SchemaViolation] {
        guard description.checksPayload, let schema = description.payloadSchema else { return [] }
        return schema.violations(in: payload)
    }

    /// What of a result that is stored with the job is not as the type's schema wants it.
    public func violations(inResult value: JSONText?) -> [SchemaViolation] {
        guard let schema = description.resultSchema else { return [] }
        // A job without a result has null for one.
        return schema.violations(in: value ?? JSONText(trusted: "null"))
    }

    /// Holds what a handler returned to the type's schema; what is stored elsewhere is not looked at.
    func check(_ result: JobResult) throws(InvalidResult) {
        guard result.type == nil || result.type == .inline, let first = violations(inResult: result.value).first else {
            return
        }
        throw InvalidResult(violation: first)
    }

    /// Holds a submitted job to the type's schema and to ``admit``, which may complete it.
    ///
    /// - Throws: `invalid`, with a pointer to what is wrong first.
    func accept(_ job: inout NewJob) throws(JobStoreError) {
        if let violation = violations(in: job.payload).first {
            throw .invalid("the payload \(violation.words)", "/payload\(violation.pointer)")
        }
        try admit(&job)
    }

    /// A job of this type with the type's defaults.
    public func job(payload: JSONText = .emptyObject) -> NewJob {
        var job = NewJob(type: name, queue: queue, payload: payload)
        job.maxAttempts = maxAttempts
        job.timeoutSeconds = timeoutSeconds
        return job
    }
}

/// A handler returned what is not as its type's schema wants it; another run may do better.
struct InvalidResult: JobFailureConvertible {
    let violation: SchemaViolation

    var jobFailure: JobFailure {
        JobFailure(code: JobFailure.Code.invalidResult, message: "The result \(violation.words).")
    }
}

/// The types an installation knows.
public struct JobTypes: Sendable {
    private var types: [Name: JobType] = [:]
    /// Whether the results of any type are held to a schema.
    package private(set) var hasResultSchemas = false

    /// Creates a registry that knows no type.
    public init() {}

    /// Adds a type; one of the same name is replaced.
    public mutating func register(_ type: JobType) {
        types[type.name] = type
        hasResultSchemas = types.values.contains { $0.description.resultSchema != nil }
    }

    /// The type of that name.
    public subscript(name: Name) -> JobType? { types[name] }

    /// Whether jobs go into a queue of that name by themselves: it is a type's, that of those that name none, or one of
    /// Errand's own.
    package func haveQueue(_ name: Name) -> Bool {
        ["default", BulkJob.type.queue, WebhookDelivery.queue].contains(name)
            || types.values.contains { $0.queue == name }
    }

    /// The names of all types, sorted.
    public var names: [Name] { types.keys.sorted() }
}
