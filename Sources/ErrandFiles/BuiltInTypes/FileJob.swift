#if Files
import Errand

/// A run of a job about files, as its handler sees it.
struct FileJob: Sendable {
    let job: ClaimedJob
    /// What an earlier run left.
    let checkpoint: JSONText?
    let services: FileServices
    /// Stores a checkpoint; durable when it returns.
    let save: @Sendable (JSONText) async throws -> Void
    let progress: @Sendable (Int, String) -> Void

    /// What the job may see.
    var scope: Scope { job.tenantId.map { .tenant($0) } ?? .system }

    /// The project, which admission made sure of.
    func project() throws(JobError) -> Name {
        guard let projectId = job.projectId else {
            throw JobError.permanent("The job has no projectId, and every dataset has one.", code: "no_project")
        }
        return projectId
    }

    /// A new key for a file of this run.
    func newKey(_ type: FileType) -> ObjectKey {
        let ulid = ULID(at: services.clock.now().wall)
        return ObjectKey.file(tenantId: job.tenantId, lease: job.lease, ulid: ulid, type: type)
    }
}

/// What jobs about files work with.
struct FileServices: Sendable {
    let datasets: any DatasetStore
    let uploads: any UploadStore
    let objects: any ObjectStore
    let clock: any JobClock
}
#endif
