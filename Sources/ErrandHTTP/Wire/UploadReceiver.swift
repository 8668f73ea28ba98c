#if Server
import Errand
import FoundationEssentials
import Hummingbird
import Logging

/// Takes a file from the body of a request.
struct UploadReceiver: Sendable {
    let services: APIServices

    /// Streams the body to the file store and records it as an upload; leaves nothing behind when either fails.
    ///
    /// - Parameters:
    ///   - request: The request; its query names the file.
    ///   - context: The request's context.
    ///   - folder: The beginning of the file's key.
    /// - Returns: The record.
    /// - Throws: ``Problem`` for a bad name or too large a body, and what the stores throw.
    func receive(_ request: Request, _ context: APIContext, in folder: String) async throws -> Upload {
        let filename = try Self.filename(request)
        try request.checkLength(limit: services.options.maximumUploadBytes)
        let limit = try await services.quotas.upload(
            request.contentLength ?? 0,
            limit: services.options.maximumUploadBytes,
            context.scope,
            in: services.stores.uploads
        )
        request.sendContinue(context)
        let now = services.now
        let id = services.identifiers.next(at: now)
        let key = "\(folder)/\(id)"
        let body = UploadBody(body: request.body, expected: request.contentLength)
        let stored = try await services.files.objects.put(key, body: body, limit: limit)
        let record = Upload(
            id: id,
            key: key,
            filename: filename,
            size: stored.size,
            sha256: stored.sha256,
            expiresAt: now.addingTimeInterval(services.options.uploadLifetime.seconds)
        )
        do {
            try await services.stores.uploads.insert(record, scope: context.scope)
        } catch {
            await discard(key)
            throw error
        }
        return record
    }

    private static func filename(_ request: Request) throws(Problem) -> String {
        guard let name = try Query(request, names: ["filename"]).text("filename") else {
            throw .parameter("filename", "required", "filename is missing; it is what people see the file as.")
        }
        guard name.utf8.count <= 255 else {
            throw .parameter("filename", "too-long", "filename has \(name.utf8.count) bytes; at most 255 are allowed.")
        }
        guard !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw .parameter("filename", "invalid", "filename has control characters.")
        }
        return name
    }

    /// Takes back a file that could not be recorded; when that fails too, only the log can say so.
    private func discard(_ key: String) async {
        do { try await services.files.objects.delete(key) } catch {
            services.logger.error(
                "an unrecorded upload stays behind",
                metadata: ["key": "\(key)", "error": "\(error)"]
            )
        }
    }
}

extension Upload {
    static let schema = Schema.object([
        "uploadId": .uuid,
        "filename": .text,
        "size": Schema.count.about("In bytes."),
        "sha256": .sha256,
        "expiresAt": Schema.time.about("When it is deleted unless a job uses it."),
    ]).named("Upload")

    /// What is said of it on the wire.
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("uploadId", id.description)
            writer.member("filename", filename)
            writer.member("size", size)
            writer.member("sha256", sha256)
            writer.member("expiresAt", expiresAt)
        }
    }
}

extension Scope {
    /// The beginning of the keys of a tenant's files.
    var fileFolder: String { tenantId.map { "tenants/\(TenantPath(encoding: $0).text)" } ?? "system" }
}
#endif
