/// Where files are kept: uploads, results and reports.
///
/// Keys are made by Errand, never taken from a user: `tenants/<t>/jobs/<id>/<fence>/<ulid>.<ext>` and the like.
public protocol ObjectStore: Sendable {
    /// How a link to an object of this store is recorded in a job's `resultType`.
    var resultType: ResultType { get }

    /// Stores a stream under a key; the object exists whole when this returns, and not at all when it throws.
    ///
    /// - Parameters:
    ///   - key: Where to put it; an object already there is replaced.
    ///   - body: The bytes, in chunks of any size.
    ///   - limit: Refuse with ``ObjectStoreError/Code/tooLarge`` once more bytes than this have come.
    /// - Returns: What was stored.
    /// - Throws: ``ObjectStoreError``, or what the body threw.
    func put(
        _ key: String,
        body: any AsyncSequence<[UInt8], any Error> & Sendable,
        limit: Int64
    ) async throws -> StoredObject

    /// Streams an object, or a part of it.
    ///
    /// - Parameters:
    ///   - key: Which one.
    ///   - range: The bytes to give, from the first; nil is all of them. Cut to the object's length.
    /// - Returns: The object's size and the bytes asked for.
    /// - Throws: ``ObjectStoreError``, `notFound` among others.
    func get(_ key: String, range: Range<Int64>?) async throws -> ObjectBody

    /// Deletes an object; no error when there is none.
    func delete(_ key: String) async throws

    /// Makes a link that anyone who has it can fetch the object with until it expires.
    ///
    /// - Parameters:
    ///   - key: Which one.
    ///   - filename: The name a browser saves it under.
    ///   - lifetime: How long it is valid, at most 7 days.
    /// - Returns: A URL, or an absolute path on the server that serves this store.
    /// - Throws: ``ObjectStoreError``.
    func link(to key: String, filename: String, for lifetime: Duration) async throws -> String
}

/// What was stored.
public struct StoredObject: Sendable, Hashable {
    /// Its length in bytes.
    public var size: Int64
    /// The SHA-256 of its content, lowercase hexadecimal.
    public var sha256: String

    /// Creates the answer to a put.
    public init(size: Int64, sha256: String) {
        self.size = size
        self.sha256 = sha256
    }
}

/// An object being read.
public struct ObjectBody: Sendable {
    /// The whole object's length in bytes.
    public var size: Int64
    /// The asked part, in chunks.
    public var chunks: any AsyncSequence<[UInt8], any Error> & Sendable

    /// Creates a body.
    public init(size: Int64, chunks: any AsyncSequence<[UInt8], any Error> & Sendable) {
        self.size = size
        self.chunks = chunks
    }
}

/// Why an object store could not do what it was asked.
public struct ObjectStoreError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure a caller can act on.
    @nonexhaustive public enum Code: String, Sendable, CaseIterable {
        /// There is no such object.
        case notFound
        /// More bytes came than were allowed.
        case tooLarge
        /// There is no space left.
        case full
        /// The store cannot be reached or failed; try again later.
        case unavailable
        /// The link or key was altered, or is none.
        case invalid
        /// The link has expired.
        case expired
    }

    /// What kind of failure it is.
    public let code: Code
    /// One sentence: what failed, with which value, and what to do.
    public let message: String
    /// The error underneath, for logs.
    public let underlying: (any Error)?

    /// Creates an error.
    public init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    /// The message, and what lay underneath.
    public var description: String { underlying.map { "\(message) (\($0))" } ?? message }
}
