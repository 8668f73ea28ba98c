#if Server
import Errand
import HTTPTypes
import Hummingbird

/// Looking closer: a job's runs, why it does not run, and counts over jobs.
struct InspectionRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.get, "/api/jobs/{id}/attempts", "listJobAttempts", .jobsRead, attempts)
                .documented(.jobs, "List a job's runs", "Those that were kept, the first one first.")
                .with(.jobID)
                .answering(.json(200, AttemptsJSON.schema, "The runs."))
                .refusing(.gone),
            APIRoute(.get, "/api/jobs/{id}/explain", "explainJob", .jobsOperate, explain)
                .documented(.jobs, "Say why a job does not run", "All that stands in its way now, not only the first.")
                .with(.jobID)
                .answering(.json(200, JobExplanation.schema, "The reasons."))
                .refusing(.gone),
            APIRoute(.get, "/api/jobs/stats", "getStats", .jobsRead, stats)
                .documented(.jobs, "Count jobs by status")
                .with(
                    .query("groupBy", .words(["status"] + JobGrouping.allCases.map(\.rawValue)), "Also by this."),
                    .query("projectId", .text, "A project's alone.")
                )
                .answering(.json(200, Self.statsSchema, "The counts, at one moment.")),
        ]
    }

    private static let statsSchema = StatusCountsJSON.members([:]).adding([
        "groups": .array(
            StatusCountsJSON.members([
                "type": Schema.text.optional, "queue": Schema.text.optional, "project": Schema.text.optional,
            ])
        ).about("By what groupBy says, in the order of its names.").optional
    ]).named("Stats")

    private func attempts(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let job = try await services.stores.jobs.job(context.jobReference(), scope: context.scope)
        return .json(headers: .privateNoCache) { AttemptsJSON(job: job).write(to: &$0) }
    }

    private func explain(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let job = try await services.stores.jobs.job(context.jobReference(), scope: context.scope)
        // Tenants share a queue's limits: only that it is full is told, not by whose jobs.
        let queue = try await services.stores.jobs.queues(scope: .system).first { $0.name == job.queue }
        let workers = try await services.stores.jobs.workers(scope: context.scope)
        let explanation = JobExplanation(
            job,
            dependencies: try await services.stores.jobs.dependencies(.id(job.id), scope: context.scope),
            queue: queue,
            tenant: try await running(job),
            workers: workers,
            now: services.now
        )
        return .json(headers: .noStore) { explanation.write(to: &$0) }
    }

    /// How many jobs of a job's tenant run, and how many may; nil where that is not limited.
    private func running(_ job: Job) async throws -> (running: Int, limit: Int)? {
        guard let limit = services.options.quotas.runningJobs, let tenant = job.tenantId,
            TenantRoom.counts(job.queue)
        else { return nil }
        var running = JobFilter()
        running.statuses = [.running]
        let page = try await services.stores.jobs.jobs(running, page: PageRequest(limit: 1000), scope: .tenant(tenant))
        // Tracked jobs run as well, and take no worker.
        return (page.jobs.count { $0.tracking == nil && TenantRoom.counts($0.queue) }, limit)
    }

    private func stats(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let query = try Query(request, names: ["groupBy", "projectId"])
        let grouping = try grouping(query)
        let counts = try await services.stores.jobs.counts(
            by: grouping ?? .type,
            projectId: query.text("projectId").map { Name($0) },
            scope: context.scope
        )
        let total = counts.values.reduce(into: StatusCounts()) { total, counts in
            for status in JobStatus.allCases { total[status] += counts[status] }
        }
        return .json(headers: .privateNoCache) { writer in
            writer.object { writer in
                StatusCountsJSON.writeMembers(total, to: &writer)
                guard let grouping else { return }
                writer.member("groups") { writer in
                    writer.array { writer in
                        for (name, counts) in counts.sorted(by: { $0.key < $1.key }) {
                            writer.object { writer in
                                writer.member(grouping.rawValue, name)
                                StatusCountsJSON.writeMembers(counts, to: &writer)
                            }
                        }
                    }
                }
            }
        }
    }

    /// Nil for the statuses themselves, which the totals tell.
    private func grouping(_ query: Query) throws(Problem) -> JobGrouping? {
        guard let word = try query.value("groupBy"), word != "status" else { return nil }
        guard let grouping = JobGrouping(rawValue: word) else {
            throw .parameter(
                "groupBy",
                "invalid",
                "groupBy is \"\(word.quotable)\"; it must be status, type, queue or project."
            )
        }
        return grouping
    }
}
#endif
