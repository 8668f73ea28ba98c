#if Server
import Errand
import HTTPTypes
import Hummingbird

/// Sending a file for a job to use.
struct UploadRoute: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.post, "/api/uploads", "createUpload", .jobsWrite, upload)
                .documented(.files, "Send a file for a job to use", "The body is the file; any type but JSON will do.")
                .with(.filename)
                .taking(.file)
                .answering(.json(201, Upload.schema, "It is stored; name its uploadId in a job's payload."))
                .refusing(.unsupportedMedia)
        ]
    }

    private func upload(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        if let type = request.headers[.contentType], MediaTypes.isJSON(type) {
            throw Problem(
                .unsupportedMedia,
                "The body is the file itself; send it as application/octet-stream or under its own type."
            )
        }
        let folder = context.scope.fileFolder + "/uploads"
        let upload = try await UploadReceiver(services: services).receive(request, context, in: folder)
        return .json(.created, headers: .noStore) { upload.write(to: &$0) }
    }
}
#endif
