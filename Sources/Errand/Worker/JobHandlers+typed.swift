extension JobHandlers {
    /// Registers a handler with a typed payload, whose return value becomes the job's result.
    ///
    /// A payload that cannot be decoded fails the job at once with code `undecodable_payload`.
    ///
    /// - Parameters:
    ///   - name: The type's name.
    ///   - queue: The queue its jobs wait in unless the submitter names another.
    ///   - retry: When a failed run is tried again.
    ///   - timeout: How long one run may take, whole seconds; nil is no limit.
    ///   - maxAttempts: The budget of charged runs; the policy's, else 3, when nil.
    ///   - run: Does the work.
    public mutating func register<Payload: Decodable & SendableMetatype, Output: Encodable & SendableMetatype>(
        _ name: Name,
        queue: Name = "default",
        retry: RetryPolicy = .exponential(),
        timeout: Duration? = nil,
        maxAttempts: Int? = nil,
        run: @escaping @Sendable (Payload, JobContext) async throws -> Output
    ) {
        let type = Self.type(name, queue: queue, timeout: timeout, maxAttempts: maxAttempts ?? retry.maxAttempts)
        register(raw: type, retry: retry) { context in
            let output = try await run(context.decodePayload(), context)
            return JobResult(try JSONText.encode(output))
        }
    }

    /// Registers a handler with a typed payload and no result.
    ///
    /// - Parameters:
    ///   - name: The type's name.
    ///   - queue: The queue its jobs wait in unless the submitter names another.
    ///   - retry: When a failed run is tried again.
    ///   - timeout: How long one run may take, whole seconds; nil is no limit.
    ///   - maxAttempts: The budget of charged runs; the policy's, else 3, when nil.
    ///   - run: Does the work.
    public mutating func register<Payload: Decodable & SendableMetatype>(
        _ name: Name,
        queue: Name = "default",
        retry: RetryPolicy = .exponential(),
        timeout: Duration? = nil,
        maxAttempts: Int? = nil,
        run: @escaping @Sendable (Payload, JobContext) async throws -> Void
    ) {
        let type = Self.type(name, queue: queue, timeout: timeout, maxAttempts: maxAttempts ?? retry.maxAttempts)
        register(raw: type, retry: retry) { context in
            try await run(context.decodePayload(), context)
            return JobResult()
        }
    }

    /// Registers a handler with a typed payload that says itself where its result is, or which files it made.
    ///
    /// - Parameters:
    ///   - name: The type's name.
    ///   - queue: The queue its jobs wait in unless the submitter names another.
    ///   - retry: When a failed run is tried again.
    ///   - timeout: How long one run may take, whole seconds; nil is no limit.
    ///   - maxAttempts: The budget of charged runs; the policy's, else 3, when nil.
    ///   - run: Does the work.
    public mutating func register<Payload: Decodable & SendableMetatype, Output: JobOutput>(
        _ name: Name,
        queue: Name = "default",
        retry: RetryPolicy = .exponential(),
        timeout: Duration? = nil,
        maxAttempts: Int? = nil,
        run: @escaping @Sendable (Payload, JobContext) async throws -> Output
    ) {
        let type = Self.type(name, queue: queue, timeout: timeout, maxAttempts: maxAttempts ?? retry.maxAttempts)
        register(raw: type, retry: retry) { context in
            try await run(context.decodePayload(), context).jobResult()
        }
    }

    private static func type(_ name: Name, queue: Name, timeout: Duration?, maxAttempts: Int?) -> JobType {
        let seconds = timeout?.secondsFromOne
        return JobType(name, queue: queue, maxAttempts: maxAttempts ?? 3, timeoutSeconds: seconds)
    }
}
