extension JobClient {
    /// A job's states from now to its end; see ``JobStates``.
    public func changes(of job: JobReference) -> JobStates { JobStates(client: self, job: job) }

    /// Waits until a job has ended.
    ///
    /// - Parameters:
    ///   - job: Which one.
    ///   - timeout: How long to wait at most; nil waits as long as it takes.
    /// - Returns: The ended job or, when the time was up first, the job as it is then.
    /// - Throws: ``JobStoreError``, and `CancellationError`.
    public func wait(for job: JobReference, timeout: Duration? = nil) async throws -> Job {
        guard let timeout else { return try await end(of: job) }
        let ended = try await withThrowingTaskGroup(of: Job?.self) { group in
            group.addTask { try await end(of: job) }
            group.addTask {
                try await Task.sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        if let ended { return ended }
        return try await self.job(job)
    }

    /// Waits until a job has ended, and decodes its result.
    ///
    /// - Parameters:
    ///   - job: Which one.
    ///   - type: What the handler returned.
    ///   - timeout: How long to wait at most; nil waits as long as it takes.
    /// - Returns: The result; it must be kept inline.
    /// - Throws: ``JobFailedError`` when the job failed, was cancelled, has not ended in time or has no such result,
    ///   and what decoding threw.
    public func result<Value: Decodable>(
        of job: JobReference,
        as type: Value.Type,
        timeout: Duration? = nil
    ) async throws -> Value {
        let ended = try await wait(for: job, timeout: timeout)
        guard ended.status == .completed, let result = ended.result else { throw JobFailedError(job: ended) }
        return try result.decode(as: type)
    }

    private func end(of job: JobReference) async throws -> Job {
        for try await state in changes(of: job) where state.status.isTerminal { return state }
        return try await self.job(job)
    }
}

/// Why there is no result to decode.
public struct JobFailedError: Error, Sendable, CustomStringConvertible {
    /// The job as it is.
    public let job: Job
    /// Where it is in its life.
    public var status: JobStatus { job.status }
    /// Why it failed.
    public var failure: JobFailure? { job.failure }

    /// Creates the error for a job.
    public init(job: Job) { self.job = job }

    /// One sentence.
    public var description: String {
        switch job.status {
        case .failed: "Job \(job.id) failed: \(job.error ?? "no reason was given")"
        case .cancelled: "Job \(job.id) was cancelled\(job.error.map { ": \($0)" } ?? ".")"
        case .completed: "Job \(job.id) has no inline result\(job.resultLocation.map { "; it is at \($0)" } ?? ".")"
        case .queued, .running: "Job \(job.id) has not ended yet; it is \(job.status.rawValue)."
        }
    }
}
