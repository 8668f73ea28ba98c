#if Server
import Errand
import HTTPTypes
import Hummingbird

/// Submitting many jobs with one request.
struct BulkRoute: Sendable {
    private static let operation = "submitJobs"
    /// How many different webhooks one request may have; each name is resolved before anything is stored.
    private static let webhookURLs = 20

    let services: APIServices

    var routes: [APIRoute] {
        let job = JobSubmission.example(services.types)
        return [
            APIRoute(.post, "/api/jobs/bulk", Self.operation, .jobsWrite, submit)
                .documented(.jobs, "Submit many jobs", Self.detail)
                .with(.idempotencyKey(isRequired: true), .traceparent)
                .taking(.object, BulkSubmission.schema(services.types), example: "{\"jobs\":[\(job)]}")
                .answering(
                    .json(202, Self.together, "All are stored.", .idempotencyReplayed),
                    .json(200, Self.apart, "With atomic false: what became of each.")
                )
                .refusing(.idempotencyKeyRequired, .invalidParameter, .uniqueConflict, .conflict)
                .refusing(.idempotencyMismatch, .unknownJobType, .unsafeURL, .gone)
        ]
    }

    private static let together = Schema.object([
        "ids": .array(.uuid),
        "existing": Schema.array(.uuid).about("Those that were there: they have the uniqueKey.").optional,
        "replaced": Schema.array(.uuid).about("Those that were there, and are now what the request says.").optional,
    ])
    private static let detail = """
        All or none of them; or, with atomic false, each for itself. A job can wait for another that stands before it: \
        after names that one by its place, as #/jobs/0, or by the id that the request gives it.
        """

    private static let apart = Schema.object([
        "results": .array(
            .object([
                "index": .count, "id": Schema.uuid.optional, "existing": Schema.boolean.optional,
                "replaced": Schema.boolean.optional, "problem": Schema.problem.optional,
            ])
        )
    ])

    private func submit(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        guard let body = try await request.json(context, limit: services.options.maximumBulkBytes) else {
            throw Problem(.validation, "The body is empty; it must be an object with jobs.")
        }
        let key = try IdempotencyKey(request)
        let bulk = try BulkSubmission(body, types: services.types) { index in
            key?.jobID(for: context.principal, Self.operation, at: index)
        }
        try await services.quotas.submit(bulk.jobs.count, context.scope, in: services.stores.jobs)
        guard let key else {
            throw Problem(
                .idempotencyKeyRequired,
                "A bulk submit needs an Idempotency-Key, so that it can be repeated when its answer is lost."
            )
        }
        let requestID = key.requestID(for: context.principal, Self.operation)
        let jobs = bulk.jobs.enumerated().map { index, job in
            job.flatMap { job in
                var job = job
                do throws(Problem) {
                    try context.principal.sign(&job)
                    // One with an id of its own is known by that when the request is repeated.
                    if job.id == nil { try key.name(&job, for: context.principal, Self.operation, at: index) }
                    job.request = bulk.request(at: index, under: requestID)
                    return .success(job)
                } catch { return .failure(error.under("/jobs/\(index)")) }
            }
        }
        let checked = await checked(jobs)
        let traceparent = TraceParent.read(request.headers[.traceparent])
        do {
            return bulk.isAtomic
                ? try await together(checked, traceparent, context.scope)
                : try await apart(checked, key, traceparent, context)
        } catch { throw bulk.isAboutOwnID(error) ? error : key.refusal(error) }
    }

    /// Refuses the jobs whose own webhook leads where it may not; each URL is looked at once.
    private func checked(_ jobs: [Result<NewJob, Problem>]) async -> [Result<NewJob, Problem>] {
        var known: [Name: Problem?] = [:]
        var checked: [Result<NewJob, Problem>] = []
        for (index, job) in jobs.enumerated() {
            guard case .success(let new) = job, let url = new.webhook.map({ Name($0.url) }) else {
                checked.append(job)
                continue
            }
            if known[url] == nil { known[url] = .some(await refusal(of: new, known.count)) }
            let refusal = known[url] ?? nil
            checked.append(refusal.map { .failure($0.under("/jobs/\(index)")) } ?? job)
        }
        return checked
    }

    private func refusal(of job: NewJob, _ known: Int) async -> Problem? {
        guard known < Self.webhookURLs else {
            let detail = "A bulk submit may name \(Self.webhookURLs) webhook URLs, each in any number of jobs."
            return .field("/webhook/url", "out-of-range", detail)
        }
        do throws(Problem) {
            try await services.requireSafeWebhook(of: job)
            return nil
        } catch { return error }
    }

    private func together(
        _ jobs: [Result<NewJob, Problem>],
        _ traceparent: String?,
        _ scope: Scope
    ) async throws -> Response {
        let problems = jobs.compactMap { job in if case .failure(let problem) = job { problem } else { nil } }
        guard let first = problems.first else {
            let inserted = try await insert(jobs.map { try $0.get() }, traceparent, scope)
            var headers = HTTPFields.noStore
            if inserted.allSatisfy({ $0.outcome == .replayed }) { headers[.idempotencyReplayed] = "true" }
            return .json(.accepted, headers: headers) { writer in
                writer.object { writer in
                    writer.member("ids", inserted.map(\.id.description))
                    for (name, outcome) in [("existing", InsertedJob.Outcome.existing), ("replaced", .replaced)] {
                        let jobs = inserted.filter { $0.firstOutcome == outcome }
                        if !jobs.isEmpty { writer.member(name, jobs.map(\.id.description)) }
                    }
                }
            }
        }
        let type = problems.allSatisfy { $0.type == first.type } ? first.type : .validation
        let detail = "\(problems.count) of \(jobs.count) jobs are refused, so none is stored. \(first.detail ?? "")"
        throw Problem(type, detail, parts: problems.flatMap(\.parts))
    }

    private func insert(_ jobs: [NewJob], _ traceparent: String?, _ scope: Scope) async throws -> [InsertedJob] {
        let inserted: [InsertedJob]
        do {
            inserted = try await services.stores.jobs.insert(jobs, continuing: traceparent, scope: scope)
        } catch {
            guard error.code == .invalid, let pointer = error.pointer else { throw error }
            throw Problem.field("/jobs\(pointer)", "invalid", error.message)
        }
        for (job, inserted) in zip(jobs, inserted) where inserted.outcome == .inserted {
            services.metrics.submitted(job)
        }
        return inserted
    }

    private func apart(
        _ jobs: [Result<NewJob, Problem>],
        _ key: IdempotencyKey,
        _ traceparent: String?,
        _ context: APIContext
    ) async throws -> Response {
        let requestId = context.requestId
        var apart = BulkApart(services: services, key: key, traceparent: traceparent, scope: context.scope)
        try await apart.store(jobs)
        let results = apart.results
        return .json(.ok, headers: .noStore) { writer in
            writer.object { writer in
                writer.member("results") { writer in
                    writer.array { writer in
                        for (index, result) in results.enumerated() {
                            Self.write(result, index, requestId, to: &writer)
                        }
                    }
                }
            }
        }
    }

    private static func write(
        _ result: Result<InsertedJob, Problem>,
        _ index: Int,
        _ requestId: String,
        to writer: inout JSONWriter
    ) {
        writer.object { writer in
            writer.member("index", index)
            switch result {
            case .success(let job):
                writer.member("id", job.id.description)
                if job.firstOutcome == .existing { writer.member("existing", true) }
                if job.firstOutcome == .replaced { writer.member("replaced", true) }
            case .failure(let problem):
                writer.member("problem") { $0.object { problem.write(to: &$0, instance: nil, requestId: requestId) } }
            }
        }
    }
}
#endif
