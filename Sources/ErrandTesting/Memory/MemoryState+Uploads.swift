import Errand
import FoundationEssentials

/// An upload's record, and the job that uses it.
struct MemoryUpload: Sendable {
    var upload: Upload
    var tenantId: Name?
    /// The last job that uses it; it goes when that job's record does.
    var job: Int64?
}

extension MemoryState {
    mutating func insert(_ upload: Upload, _ scope: Scope) throws(JobStoreError) {
        guard uploads[upload.id] == nil else {
            throw .takenUpload(upload.id)
        }
        uploads[upload.id] = MemoryUpload(upload: upload, tenantId: scope.tenantId)
    }

    func upload(_ id: JobID, _ scope: Scope, at time: StoreTime) throws(JobStoreError) -> Upload {
        guard let stored = uploads[id], scope.includes(tenantId: stored.tenantId), stored.isAlive(at: time) else {
            throw .noUpload(id)
        }
        return stored.upload
    }

    func uploadedBytes(_ scope: Scope) -> Int64 {
        uploads.values.filter { scope.includes(tenantId: $0.tenantId) }.reduce(0) { $0 + $1.upload.size }
    }

    /// Hands a new job the uploads it names.
    mutating func takeUploads(
        _ new: NewJob,
        at index: Int,
        scope: Scope,
        _ time: StoreTime,
        as number: Int64
    ) throws(JobStoreError) {
        for (place, id) in new.uploads.enumerated() {
            // The system sees every tenant's uploads; a job of its own uses none of them.
            guard let stored = uploads[id], stored.tenantId == scope.tenantId, stored.isAlive(at: time) else {
                throw .unknownUpload(id, at: index, place)
            }
            uploads[id]?.job = number
        }
    }

    mutating func orphanUploads(of number: Int64) {
        orphan(uploads.filter { $0.value.job == number })
    }

    mutating func orphanExpiredUploads(limit: Int, at time: StoreTime) {
        orphan(uploads.filter { !$0.value.isAlive(at: time) }.prefix(max(0, limit)))
    }

    private mutating func orphan(_ over: some Sequence<(key: JobID, value: MemoryUpload)>) {
        for (id, stored) in over {
            orphanedFiles.insert(Name(stored.upload.key))
            uploads[id] = nil
        }
    }
}

extension MemoryUpload {
    fileprivate func isAlive(at time: StoreTime) -> Bool { job != nil || upload.expiresAt > time.wall }
}

extension Scope {
    /// Whether what belongs to a tenant, and to no project, may be seen: an upload is its sender's before a job has it.
    fileprivate func includes(tenantId: Name?) -> Bool {
        switch self {
        case .system: true
        case .tenant(let id, _): tenantId == id
        }
    }
}
