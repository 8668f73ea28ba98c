/// What is known of a type before any job of it runs: where it waits, its budget, and what it accepts.
public struct JobType: Sendable {
    /// The handler's key.
    public var name: String
    /// The queue its jobs wait in unless the submitter names another.
    public var queue: String
    /// The budget of charged runs unless the submitter gives another.
    public var maxAttempts: Int
    /// How long one run may take, in seconds, unless the submitter says otherwise; nil is no limit.
    public var timeoutSeconds: Int?
    /// What people are told of it.
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
        _ name: String,
        queue: String = "default",
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

    /// A job of this type with the type's defaults.
    public func job(payload: JSONText = .emptyObject) -> NewJob {
        var job = NewJob(type: name, queue: queue, payload: payload)
        job.maxAttempts = maxAttempts
        job.timeoutSeconds = timeoutSeconds
        return job
    }
}

/// The types an installation knows.
public struct JobTypes: Sendable {
    private var types: [String: JobType] = [:]

    /// Creates a registry that knows no type.
    public init() {}

    /// Adds a type; one of the same name is replaced.
    public mutating func register(_ type: JobType) { types[type.name] = type }

    /// The type of that name.
    public subscript(name: String) -> JobType? { types[name] }

    /// The names of all types, sorted.
    public var names: [String] { types.keys.sorted() }
}
