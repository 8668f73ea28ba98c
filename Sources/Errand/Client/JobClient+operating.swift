extension JobClient {
    /// Cancels a queued or running job, at once and finally; refused with `conflict` once it has ended.
    ///
    /// - Parameters:
    ///   - job: Which one.
    ///   - reason: Why, for its user.
    /// - Returns: The cancelled job.
    /// - Throws: ``JobStoreError``.
    @discardableResult
    public func cancel(_ job: JobReference, reason: String? = nil) async throws(JobStoreError) -> Job {
        try await store.cancel(job, reason: reason, scope: scope)
    }

    /// Gives a failed or cancelled job a new life; refused with `conflict` in any other status.
    ///
    /// - Parameters:
    ///   - job: Which one.
    ///   - runAt: Not to be run before; now when nil.
    /// - Returns: The queued job.
    /// - Throws: ``JobStoreError``.
    @discardableResult
    public func retry(_ job: JobReference, runAt: Moment? = nil) async throws(JobStoreError) -> Job {
        try await store.retry(job, runAt: runAt, scope: scope)
    }

    /// Deletes an ended job, its log and its files.
    public func delete(_ job: JobReference) async throws(JobStoreError) {
        try await store.delete(job, scope: scope)
    }

    /// Writes what is known of a tracked job.
    @discardableResult
    public func update(_ job: JobReference, with update: TrackedUpdate) async throws(JobStoreError) -> Job {
        try await store.update(job, with: update, scope: scope)
    }

    /// Lets workers claim nothing more from a queue; runs go on.
    public func pause(queue: Name, by: String? = nil, reason: String? = nil) async throws(JobStoreError) {
        try await store.configure(queue: queue, .pause(by: by, reason: reason))
    }

    /// Forgets a queue without jobs, with its settings; throws `notFound`, or `conflict` while it has jobs.
    public func delete(queue: Name) async throws(JobStoreError) { try await store.delete(queue: queue) }

    /// Lets workers claim from a queue again.
    public func resume(queue: Name) async throws(JobStoreError) {
        try await store.configure(queue: queue, .resume)
    }
}
