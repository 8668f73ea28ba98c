/// Why a store could not do what it was asked.
public struct JobStoreError: Error, Sendable {
    /// The kinds of failure a caller can act on.
    @nonexhaustive public enum Code: String, Sendable, CaseIterable {
        /// Nothing within the caller's scope has this identifier.
        case notFound
        /// The record existed and has expired or was deleted within the last day.
        case gone
        /// The job is not in a state that allows this; ``JobStoreError/currentStatus`` says which it is in.
        case conflict
        /// Another queued or running job has the unique key.
        case uniqueConflict
        /// The same client-made id came with another content.
        case idempotencyMismatch
        /// The caller's fence is not the job's any more: its lease was lost, or the job was cancelled.
        case fenced
        /// The record is at another revision than the caller meant to change.
        case outdated
        /// The request itself is wrong; ``JobStoreError/pointer`` says where.
        case invalid
        /// There is no space left to store it.
        case full
        /// The store cannot be reached or is busy; try again later.
        case unavailable
        /// Another process owns the store.
        case inUse
        /// The store was written by a newer version.
        case schemaTooNew
        /// What is stored cannot be read.
        case corrupt
    }

    /// What kind of failure it is.
    public let code: Code
    /// One sentence: what failed, with which value, and what to do.
    public let message: String
    /// A JSON pointer (RFC 6901) to the offending part of what was given.
    public let pointer: String?
    /// The job's status, where that was the reason.
    public let currentStatus: JobStatus?
    /// When it is worth trying again, where that is known.
    public let retryAfter: Duration?
    /// The error underneath, for logs.
    public let underlying: (any Error)?

    /// Creates an error.
    public init(
        _ code: Code,
        _ message: String,
        pointer: String? = nil,
        currentStatus: JobStatus? = nil,
        retryAfter: Duration? = nil,
        underlying: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.pointer = pointer
        self.currentStatus = currentStatus
        self.retryAfter = retryAfter
        self.underlying = underlying
    }
}

extension JobStoreError: CustomStringConvertible {
    /// The message, and what lay underneath.
    public var description: String { underlying.map { "\(message) (\($0))" } ?? message }
}
