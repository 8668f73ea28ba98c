#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird

/// Reading jobs: one, lists and counts.
struct JobRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.get, "/api/jobs", "listJobs", .jobsRead) { try await list($0, $1, project: nil) }
                .documented(.jobs, "List jobs", Self.listDetail)
                .with(JobList.parameters)
                .answering(.json(200, .array(JobJSON.schema), "The jobs, in the order of sort.", .link)),
            APIRoute(.get, "/api/jobs/{id}", "getJob", .jobsRead, get)
                .documented(.jobs, "Get a job", "With Prefer: wait and If-None-Match the answer waits for a change.")
                .with(.jobID, JobIncludes.parameter, .ifNoneMatch, Preferences.waiting)
                .answering(
                    .json(200, JobJSON.schema, "The job as it is.", .entityTag, .retryAfter, .preferenceApplied),
                    .empty(304, "It is as If-None-Match names it.", .entityTag, .retryAfter, .preferenceApplied)
                )
                .refusing(.gone),
            APIRoute(.get, "/api/jobs/projects/{projectId}", "listProjectJobs", .jobsRead) { request, context in
                try await list(request, context, project: context.project())
            }
            .documented(.jobs, "List a project's jobs", Self.listDetail)
            .with([.project] + JobList.parameters.filter { $0.name != "projectId" })
            .answering(.json(200, .array(JobJSON.schema), "The jobs, in the order of sort.", .link)),
            APIRoute(.get, "/api/jobs/projects/{projectId}/stats", "getProjectStats", .jobsRead, stats)
                .documented(.jobs, "Count a project's jobs by status")
                .with(.project)
                .answering(.json(200, StatusCountsJSON.schema, "The counts, at one moment.")),
        ]
    }

    private static let listDetail =
        "A list with neither limit nor cursor has up to 1,000 jobs. Follow Link with rel=next for more."

    private func get(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        var includes = try JobIncludes(request, context)
        var job = try await services.stores.jobs.job(context.jobReference(), scope: context.scope)
        try await includes.read(job, from: services.stores, scope: context.scope)
        let wait = Preferences(request).wait
        if let wait, let seen = request.headers[.ifNoneMatch] {
            let form = includes.form
            job = try await JobWait(services: services, scope: context.scope).job(job.id, for: wait) { job in
                !JobValidators(job: job, now: services.now, form: form).matches(ifNoneMatch: seen)
            }
            try await includes.read(job, from: services.stores, scope: context.scope)
        }
        let now = services.now
        let validators = JobValidators(job: job, now: now, form: includes.form)
        var headers = validators.headers
        if let wait { headers[.preferenceApplied] = "wait=\(wait)" }
        if validators.matches(ifNoneMatch: request.headers[.ifNoneMatch]) {
            return Response(status: .notModified, headers: headers)
        }
        let json = includes.json(job, now: now)
        return .json(headers: headers) { json.write(to: &$0) }
    }

    private func list(_ request: Request, _ context: APIContext, project: Name?) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let list = try JobList(request, project: project, scope: context.scope, cursors: services.cursors)
        let page = try await services.stores.jobs.jobs(list.filter, page: list.page, scope: context.scope)
        let now = services.now
        var headers = HTTPFields.privateNoCache
        headers[.link] = list.links(next: page.next, path: request.uri.path)
        if let count = try await list.total(in: services.stores.jobs, scope: context.scope) {
            headers[.totalCount] = String(count)
        }
        return .json(headers: headers, reserving: 64 + page.jobs.count * 700) { writer in
            writer.array { writer in
                for job in page.jobs {
                    let json = JobJSON(job: job, now: now)
                    let isWhole = context.principal.seesSecrets
                    (list.showsMetadata ? json.showingMetadata(isWhole: isWhole) : json).write(to: &writer)
                }
            }
        }
    }

    private func stats(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let project = try context.project()
        let counts = try await services.stores.jobs.counts(by: .project, projectId: project, scope: context.scope)
        return .json(headers: .privateNoCache) { StatusCountsJSON.write(counts[project] ?? StatusCounts(), to: &$0) }
    }
}
#endif
