#if Server
import Errand

/// How a command reaches jobs: over HTTP, or in this process when no server has the store.
///
/// Both answer with the documents of the HTTP API, so that no command knows the difference.
protocol JobAccess: Sendable {
    /// Submits a job; the body is that of `POST /api/jobs`.
    func submit(_ body: JSONText) async throws -> JobDocument
    func job(_ job: JobReference) async throws -> JobDocument
    /// Lists jobs, newest first.
    func jobs(_ request: ListRequest) async throws -> [JobDocument]
    /// Shows every state of a job that is seen until it ends.
    ///
    /// - Parameters:
    ///   - job: Which one.
    ///   - mayRun: Whether it may be run in this process when there is no server to run it.
    ///   - show: Told of each state, the last one included.
    /// - Returns: The ended job.
    /// - Throws: ``CommandFailure``, and what `show` throws.
    func follow(
        _ job: JobReference,
        mayRun: Bool,
        show: @escaping @Sendable (JobDocument) async throws -> Void
    ) async throws -> JobDocument
    func cancel(_ job: JobReference, reason: String?) async throws -> JobDocument
    func retry(_ job: JobReference) async throws -> JobDocument
    /// Reads a job's log after a sequence number.
    func logs(_ job: JobReference, after: Int64) async throws -> [Document]
    /// Reads an inline result; nil when it is a file.
    func result(_ job: JobReference) async throws -> JSONText?
    func files(_ job: JobReference) async throws -> [Document]
    /// Streams a job's file; its result when the name is nil.
    func download(_ name: String?, of job: JobReference, to sink: FileSink) async throws
    func queues() async throws -> [Document]
    /// Pauses a queue; one that nothing is known of only where it may be made known.
    func pause(queue: String, reason: String?, creating: Bool) async throws -> Document
    /// Forgets a queue without jobs.
    func delete(queue: String) async throws
    func resume(queue: String) async throws -> Document
    func workers() async throws -> [Document]
    /// Counts a project's jobs by status.
    func counts(project: String) async throws -> Document
    /// Sends a file for a job to use, and answers its upload's identifier.
    func upload(_ file: FileSource, progress: @escaping @Sendable (Int64) -> Void) async throws -> String
    func datasets(project: String) async throws -> [Document]
    func keys() async throws -> [Document]
    /// Makes an API key; the body is that of `POST /api/keys`. The answer has the secret, this once.
    func createKey(_ body: JSONText) async throws -> Document
    func revokeKey(_ id: JobID) async throws
}

/// Which jobs to list.
struct ListRequest: Sendable {
    var statuses: [JobStatus] = []
    var type: String?
    var project: String?
    var queue: String?
    var limit = 20
}
#endif
