#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird

/// Submitting a job.
struct SubmitRoute: Sendable {
    static let operation = "submitJob"

    let services: APIServices

    var routes: [APIRoute] {
        let job = JobJSON.schema.adding([
            "existing": Schema.boolean.about("The job was there: it has the uniqueKey.").optional,
            "replaced": Schema.boolean.about("The job was there, and is now what this request says.").optional,
            "warnings": Schema.array(.text).about("Fields that were passed over.").optional,
        ]).named("SubmittedJob")
        let headers: [Answer.Header] = [.location, .retryAfter, .preferenceApplied, .idempotencyReplayed]
        return [
            APIRoute(.post, "/api/jobs", Self.operation, .jobsWrite, submit)
                .documented(.jobs, "Submit a job", "It is stored when the answer comes, and runs at least once.")
                .with(Preferences.submitting, .idempotencyKey(), .traceparent)
                .taking(.object, JobSubmission.schema(services.types), example: JobSubmission.example(services.types))
                .answering(
                    .json(202, job, "It is stored. Without a body where Prefer has return=minimal.", headers),
                    .json(200, job, "It has ended while the answer waited, or was there already.", headers)
                )
                .refusing(.invalidParameter, .uniqueConflict, .conflict)
                .refusing(.idempotencyMismatch, .unknownJobType, .unsafeURL, .gone)
        ]
    }

    private func submit(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        let preferences = Preferences(request)
        guard let body = try await request.json(context, limit: services.options.maximumBodyBytes) else {
            throw Problem(.validation, "The body is empty; it must be an object with at least a type.")
        }
        let key = try IdempotencyKey(request)
        let read = try JobSubmission.read(
            body,
            types: services.types,
            isLenient: preferences.isLenient,
            isKeyed: key != nil
        )
        var new = read.job
        try context.principal.sign(&new)
        try await services.requireSafeWebhook(of: new)
        try key?.name(&new, for: context.principal, Self.operation)
        try await services.quotas.submit(1, context.scope, in: services.stores.jobs)
        let traceparent = TraceParent.read(request.headers[.traceparent])
        let inserted: InsertedJob
        do {
            inserted = try await services.insert(new, continuing: traceparent, scope: context.scope)
        } catch { throw key?.refusal(error) ?? error }
        var answer = SubmitAnswer(services: services, inserted: inserted, preferences: preferences)
        answer.ignored = read.ignored
        return try await answer.response(to: new, scope: context.scope)
    }
}

extension APIServices {
    /// Stores one job, which carries on the trace of the request.
    func insert(_ job: NewJob, continuing traceparent: String?, scope: Scope) async throws -> InsertedJob {
        guard let inserted = try await stores.jobs.insert([job], continuing: traceparent, scope: scope).first else {
            throw JobStoreError(.corrupt, "The store answered nothing for one inserted job.")
        }
        if inserted.outcome == .inserted { metrics.submitted(job) }
        return inserted
    }
}

extension Principal {
    /// Says who submitted the job; in somebody else's name only administrators may submit.
    func sign(_ job: inout NewJob) throws(Problem) {
        guard !scopes.allows(.admin) else {
            job.createdBy = job.createdBy ?? jobCreator
            return
        }
        for (field, value) in [("createdBy", job.createdBy), ("createdByName", job.createdByName)] where value != nil {
            throw .field("/\(field)", "not-allowed", "\(field) may only be given by a credential with admin.")
        }
        // A key may have a longer name than a job may name its submitter by.
        (job.createdBy, job.createdByName) = (jobCreator, name?.cut(toBytes: JobLimits.nameBytes))
    }
}

extension IdempotencyKey {
    /// Gives a job the identifier that it has whenever this request is made.
    func name(
        _ job: inout NewJob,
        for principal: Principal,
        _ operation: String,
        at index: Int = 0
    ) throws(Problem) {
        guard job.id == nil else {
            throw .field("/id", "exclusive", "Give either id or Idempotency-Key: each alone makes a repetition known.")
        }
        job.id = jobID(for: principal, operation, at: index)
    }
}
#endif
