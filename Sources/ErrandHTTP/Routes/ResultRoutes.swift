#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird

/// What a job left: its result, its files and its log.
struct ResultRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.get, "/api/jobs/{id}/result", "getJobResult", .jobsRead, result)
                .documented(.jobs, "Get a job's result", "The value itself, or the way to a file.")
                .with(.jobID, .redirect)
                .answering(
                    .empty(303, "The result is a file: a link that is made now.", .location),
                    .json(200, .any, "The value; with redirect=false, where it is a file, its link and what it is.")
                )
                .refusing(.notCompleted, .notAcceptable, .gone),
            APIRoute(.get, "/api/jobs/{id}/files", "listJobFiles", .jobsRead, files)
                .documented(.files, "List the files that a job made")
                .with(.jobID)
                .answering(.json(200, .array(Self.fileSchema), "The files."))
                .refusing(.gone),
            APIRoute(.get, "/api/jobs/{id}/files/{name}", "getJobFile", .jobsRead, file)
                .documented(.files, "Get a file that a job made")
                .with(.jobID, .path("name", .text, "The file's name.", example: "errors.csv"), .redirect)
                .answering(
                    .empty(303, "A link that is made now.", .location),
                    .json(200, Self.linkSchema, "With redirect=false: the link, and what the file is.")
                )
                .refusing(.gone),
            APIRoute(.get, "/api/jobs/{id}/logs", "getJobLogs", .jobsRead, logs)
                .documented(.jobs, "Get a job's log", "For more: after with the last line's sequence.")
                .with(
                    .jobID,
                    .query("after", .count, "Only lines after this sequence."),
                    .limit("How many lines.", maximum: 1000),
                    .query("level", .logLevel, "Only lines that matter as much or more.")
                )
                .answering(.json(200, .array(Self.lineSchema), "The lines, the oldest first."))
                .refusing(.gone),
        ]
    }

    private static let fileSchema = Schema.object([
        "name": .text, "size": .count, "sha256": .sha256, "contentType": .text,
    ]).named("File")
    private static let linkSchema = Schema.object([
        "url": .text, "expiresAt": .time, "filename": .text, "size": .count, "sha256": .sha256,
    ]).named("FileLink")
    private static let lineSchema = Schema.object([
        "sequence": .count, "attempt": .count, "at": .time, "level": .logLevel, "message": .text,
    ]).named("LogLine")

    private func result(_ request: Request, _ context: APIContext) async throws -> Response {
        let follows = try Query(request, names: ["redirect"]).flag("redirect") ?? true
        let job = try await services.stores.jobs.job(context.jobReference(), scope: context.scope)
        guard job.status == .completed || job.resultType != nil else {
            throw Problem(
                .notCompleted,
                "The job is \(job.status.rawValue) and has no result.",
                currentStatus: job.status
            )
        }
        guard let location = job.resultLocation, job.resultType != .inline else {
            try MediaTypes.requireAccepted("application/json", by: request)
            return .json(headers: .noStore) { $0.value(job.result) }
        }
        let files = try await services.stores.jobs.files(.id(job.id), scope: context.scope)
        let end = location.utf8.reversed()
        if let file = files.first(where: { location.isSpelt($0.key) || end.starts(with: "/\($0.key)".utf8.reversed()) })
        {
            return try await answer(with: file, follows: follows)
        }
        guard location.hasPrefix("http://") || location.hasPrefix("https://") else {
            throw Problem(.gone, "The result's file does not exist any more.")
        }
        if follows { return redirect(to: location) }
        return .json(headers: .noStore) { writer in writer.object { $0.member("url", location) } }
    }

    private func files(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let files = try await services.stores.jobs.files(context.jobReference(), scope: context.scope)
        return .json(headers: .noStore) { writer in
            writer.array { writer in
                for file in files {
                    writer.object { writer in
                        writer.member("name", file.name)
                        writer.member("size", file.size)
                        writer.member("sha256", file.sha256)
                        writer.member("contentType", file.contentType)
                    }
                }
            }
        }
    }

    private func file(_ request: Request, _ context: APIContext) async throws -> Response {
        let name = try context.pathValue("name")
        let follows = try Query(request, names: ["redirect"]).flag("redirect") ?? true
        let files = try await services.stores.jobs.files(context.jobReference(), scope: context.scope)
        guard let file = files.first(where: { $0.name == name }) else {
            throw Problem(.notFound, "The job has no file \"\(name.quotable)\".")
        }
        return try await answer(with: file, follows: follows)
    }

    /// A link that is made now and valid for a while, as a redirect or in words.
    private func answer(with file: JobFile, follows: Bool) async throws -> Response {
        let lifetime = services.options.linkLifetime
        let expiresAt = services.now.addingTimeInterval(lifetime.seconds)
        let url = try await services.files.objects.link(to: file.key, filename: file.name, for: lifetime)
        if follows { return redirect(to: url) }
        return .json(headers: .noStore) { writer in
            writer.object { writer in
                writer.member("url", url)
                writer.member("expiresAt", expiresAt)
                writer.member("filename", file.name)
                writer.member("size", file.size)
                writer.member("sha256", file.sha256)
            }
        }
    }

    private func redirect(to url: String) -> Response {
        var headers = HTTPFields.noStore
        headers[.location] = url
        return Response(status: .seeOther, headers: headers)
    }

    private func logs(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let query = try Query(request, names: ["after", "limit", "level"])
        let level = try level(query)
        let limit = try query.limit(maximum: 1000)
        let lines = try await LogPage(
            store: services.stores.jobs,
            job: context.jobReference(),
            scope: context.scope,
            level: level
        ).lines(after: query.count("after") ?? 0, limit: limit)
        return .json(headers: .noStore) { LogJSON.write(lines, to: &$0) }
    }

    private func level(_ query: Query) throws(Problem) -> LogLine.Level {
        guard let text = try query.value("level") else { return .trace }
        guard let level = LogLine.Level(rawValue: text.lowercased()) else {
            let all = LogLine.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw .parameter("level", "invalid", "level is \"\(text.quotable)\"; it must be one of \(all).")
        }
        return level
    }
}
#endif
