#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging

/// Sending a file for a job to use.
struct UploadRoute: Sendable {
    let services: APIServices

    var routes: [APIRoute] { [APIRoute(.post, "/api/uploads", "createUpload", .jobsWrite, upload).taking(.file)] }

    private func upload(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let filename = try filename(request)
        if let type = request.headers[.contentType], MediaTypes.isJSON(type) {
            throw Problem(
                .unsupportedMedia,
                "The body is the file itself; send it as application/octet-stream or under its own type."
            )
        }
        let limit = services.options.maximumUploadBytes
        try request.checkLength(limit: limit)
        request.sendContinue(context)
        let record = try await store(request, filename, limit: limit, scope: context.scope)
        return .json(.created, headers: .noStore) { writer in
            writer.object { writer in
                writer.member("uploadId", record.id.description)
                writer.member("filename", record.filename)
                writer.member("size", record.size)
                writer.member("sha256", record.sha256)
                writer.member("expiresAt", record.expiresAt)
            }
        }
    }

    private func filename(_ request: Request) throws(Problem) -> String {
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

    /// Streams the body to the file store and records it; leaves nothing behind when either fails.
    private func store(_ request: Request, _ filename: String, limit: Int64, scope: Scope) async throws -> Upload {
        let now = services.now
        let id = services.identifiers.next(at: now)
        let key = "tenants/\(PercentCoding.encode(scope.tenantId ?? "_system"))/uploads/\(id)"
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
            try await services.stores.uploads.insert(record, scope: scope)
        } catch {
            await discard(key)
            throw error
        }
        return record
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
#endif
