public import FoundationEssentials

/// A file somebody sent, waiting to be used by a job.
public struct Upload: Sendable, Hashable {
    /// Identifies it; a version 7 UUID.
    public var id: JobID
    /// The key in object storage.
    public var key: String
    /// The sender's name for it; only ever shown, never used as a path.
    public var filename: String
    /// Its length in bytes.
    public var size: Int64
    /// The SHA-256 of its content, lowercase hexadecimal.
    public var sha256: String
    /// When it is deleted unless a job uses it; then it goes with the job.
    public var expiresAt: Date

    /// Creates a record of a file that is in object storage already.
    public init(id: JobID, key: String, filename: String, size: Int64, sha256: String, expiresAt: Date) {
        self.id = id
        self.key = key
        self.filename = filename
        self.size = size
        self.sha256 = sha256
        self.expiresAt = expiresAt
    }
}

/// Where the records of uploads are kept, beside the jobs.
///
/// A job that names uploads in ``NewJob/uploads`` takes them over when it is inserted;
/// ``JobStore/prune(limit:deletedFiles:)`` gives back the keys of those that expired.
public protocol UploadStore: Sendable {
    /// Records an upload under the scope's tenant; throws `conflict` when there is one with its id.
    func insert(_ upload: Upload, scope: Scope) async throws(JobStoreError)

    /// Reads one; throws `notFound` when there is none, it has expired, or it is another tenant's.
    func upload(_ id: JobID, scope: Scope) async throws(JobStoreError) -> Upload

    /// How many bytes the uploads have that are kept for the scope's tenant, those of its jobs among them; for the
    /// system, all there are.
    func uploadedBytes(scope: Scope) async throws(JobStoreError) -> Int64
}
