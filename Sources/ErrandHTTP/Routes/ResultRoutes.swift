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
            APIRoute(.get, "/api/jobs/{id}/result", "getJobResult", .jobsRead, result).answering(nil),
            APIRoute(.get, "/api/jobs/{id}/files", "listJobFiles", .jobsRead, files),
            APIRoute(.get, "/api/jobs/{id}/files/{name}", "getJobFile", .jobsRead, file).answering(nil),
            APIRoute(.get, "/api/jobs/{id}/logs", "getJobLogs", .jobsRead, logs),
        ]
    }

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
        if let file = files.first(where: { location == $0.key || location.hasSuffix("/" + $0.key) }) {
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
        guard let text = try query.text("level") else { return .trace }
        guard let level = LogLine.Level(rawValue: text.lowercased()) else {
            let all = LogLine.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw .parameter("level", "invalid", "level is \"\(text.quotable)\"; it must be one of \(all).")
        }
        return level
    }
}
#endif
