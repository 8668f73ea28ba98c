#if Server
import Errand
import HTTPTypes
import Hummingbird

/// Taking the file that a worker elsewhere makes its job's result.
struct ResultUploadRoute: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.post, "/api/worker/jobs/{id}/result-upload", "uploadResult", .worker, upload)
                .documented(.protocolCalls, "Send the file that is the result", "Complete the job with its uploadId.")
                .with(.jobID, .jobLease, .jobFence, .filename)
                .taking(.file)
                .answering(.json(201, Upload.schema, "It is stored."))
                .refusing(.leaseLost, .gone)
        ]
    }

    private func upload(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let lease = try await services.lease(request, context).lease
        let job = try await services.stores.jobs.job(.id(lease.id), scope: context.scope)
        // Before the body is read: it may be large, and nobody would use it.
        guard job.fence == lease.fence, job.status == .running else { throw Problem.leaseLost(job) }
        let receiver = UploadReceiver(services: services)
        let upload = try await receiver.receive(request, context, in: lease.resultFolder(of: job.tenantId))
        return .json(.created, headers: .noStore) { upload.write(to: &$0) }
    }
}

extension JobLease {
    /// The beginning of the keys of what the run made.
    ///
    /// The fence is in it, so that a run whose lease was lost cannot write over what the next one makes.
    func resultFolder(of tenant: Name?) -> String {
        let scope = tenant.map { Scope.tenant($0) } ?? .system
        return "\(scope.fileFolder)/jobs/\(id)/\(fence)"
    }
}

extension APIServices {
    /// The result that a run's upload is; throws `validation` for one that is not there or is not the run's.
    func result(from upload: JobID, of lease: JobLease, _ context: APIContext) async throws -> JobResult {
        let job = try await stores.jobs.job(.id(lease.id), scope: context.scope)
        let missing = Problem.field(
            "/resultUploadId",
            "invalid",
            "There is no result upload \(upload) of this run, or it has expired."
        )
        let found: Upload
        do throws(JobStoreError) {
            found = try await stores.uploads.upload(upload, scope: context.scope)
        } catch {
            throw error.code == .notFound ? missing : Problem(store: error)
        }
        guard Name(found.key).hasPrefix(Name(lease.resultFolder(of: job.tenantId) + "/")) else { throw missing }
        let file = JobFile(
            name: found.filename,
            key: found.key,
            size: found.size,
            sha256: found.sha256,
            contentType: "application/octet-stream"
        )
        return JobResult(type: files.objects.resultType, location: found.key, files: [file])
    }
}
#endif
