#if Server
import Errand
import HTTPTypes
import Hummingbird

/// Looking closer: a job's runs, why it does not run, and counts over jobs.
struct InspectionRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.get, "/api/jobs/{id}/attempts", "listJobAttempts", .jobsRead, attempts),
            APIRoute(.get, "/api/jobs/{id}/explain", "explainJob", .jobsOperate, explain),
            APIRoute(.get, "/api/jobs/stats", "getStats", .jobsRead, stats),
        ]
    }

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
        let explanation = JobExplanation(job, queue: queue, workers: workers, now: services.now)
        return .json(headers: .noStore) { explanation.write(to: &$0) }
    }

    private func stats(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let query = try Query(request, names: ["groupBy", "projectId"])
        let grouping = try grouping(query)
        let counts = try await services.stores.jobs.counts(
            by: grouping ?? .type,
            projectId: query.text("projectId"),
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
        guard let word = try query.text("groupBy"), word != "status" else { return nil }
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
