#if Server
import Errand
import ErrandFiles
import FoundationEssentials

extension LocalJobs {
    func result(_ job: JobReference) async throws -> JSONText? {
        let job = try await client.job(job)
        guard job.status == .completed || job.resultType != nil else {
            throw CommandFailure(.refused, "The job is \(job.status.rawValue) and has no result.")
        }
        return job.resultType == nil || job.resultType == .inline ? job.result ?? .null : nil
    }

    func files(_ job: JobReference) async throws -> [Document] {
        try await client.files(job).map { file in
            var writer = JSONWriter()
            writer.object { writer in
                writer.member("name", file.name)
                writer.member("size", file.size)
                writer.member("sha256", file.sha256)
                writer.member("contentType", file.contentType)
            }
            return try Document(writer.text)
        }
    }

    func download(_ name: String?, of job: JobReference, to sink: FileSink) async throws {
        let job = try await client.job(job)
        let files = try await client.files(.id(job.id))
        let file = files.first { file in name.map { file.name == $0 } ?? (file.key == job.resultLocation) }
        guard let file else {
            throw CommandFailure(.noInput, "\(job.number) has no file \(name ?? "as its result").")
        }
        for try await chunk in try await installation.objects.get(file.key, range: nil).chunks { try sink.write(chunk) }
    }

    func upload(_ file: FileSource, progress: @escaping @Sendable (Int64) -> Void) async throws -> String {
        let now = Date()
        let id = JobIDGenerator().next(at: now)
        let key = ObjectKey.upload(tenantId: client.scope.tenantId, id: id).description
        let stored = try await installation.objects.put(key, body: file.chunks(progress: progress), limit: .max)
        let upload = Upload(
            id: id,
            key: key,
            filename: file.filename,
            size: stored.size,
            sha256: stored.sha256,
            expiresAt: now.addingTimeInterval(24 * 3600)
        )
        try await installation.store.insert(upload, scope: client.scope)
        return id.description
    }
}
#endif
