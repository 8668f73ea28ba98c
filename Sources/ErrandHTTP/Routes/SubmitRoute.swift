#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird

/// Submitting a job.
struct SubmitRoute: Sendable {
    let services: APIServices

    var routes: [APIRoute] { [APIRoute(.post, "/api/jobs", "submitJob", .jobsWrite, submit).taking(.object)] }

    private func submit(_ request: Request, _ context: APIContext) async throws -> Response {
        try MediaTypes.requireAccepted("application/json", by: request)
        guard let body = try await request.json(context, limit: services.options.maximumBodyBytes) else {
            throw Problem(.validation, "The body is empty; it must be an object with at least a type.")
        }
        var new = try JobSubmission.job(from: body, types: services.types)
        new.traceparent = TraceParent.read(request.headers[.traceparent])
        try Self.name(context.principal, in: &new)
        guard let inserted = try await services.stores.jobs.insert([new], scope: context.scope).first else {
            throw JobStoreError(.corrupt, "The store answered nothing for one inserted job.")
        }
        return try await answer(inserted, new, context)
    }

    /// Says who submitted the job; in somebody else's name only administrators may submit.
    private static func name(_ principal: Principal, in job: inout NewJob) throws(Problem) {
        guard !principal.scopes.allows(.admin) else {
            job.createdBy = job.createdBy ?? principal.jobCreator
            return
        }
        for (field, value) in [("createdBy", job.createdBy), ("createdByName", job.createdByName)] where value != nil {
            throw .field("/\(field)", "not-allowed", "\(field) may only be given by a credential with admin.")
        }
        (job.createdBy, job.createdByName) = (principal.jobCreator, principal.name)
    }

    private func answer(
        _ inserted: InsertedJob,
        _ new: NewJob,
        _ context: APIContext
    ) async throws -> Response {
        let made = made(inserted, new, context)
        let job: Job
        if let made {
            job = made
        } else {
            job = try await services.stores.jobs.job(.id(inserted.id), scope: context.scope)
        }
        // Read after the job was stored: a clock read before would find a job that is due at once not due yet.
        let now = services.now
        let isExisting = inserted.outcome == .existing
        var headers = HTTPFields.privateNoCache
        headers[.location] = "/api/jobs/\(job.id)"
        if let seconds = JobValidators(job: job, now: now).retryAfter { headers[.retryAfter] = String(seconds) }
        let json = JobJSON(job: job, now: now, knowsSubstate: made == nil, isExisting: isExisting)
        return .json(isExisting ? .ok : .accepted, headers: headers) { json.write(to: &$0) }
    }

    /// The record without reading it back, where everything about it is known.
    private func made(_ inserted: InsertedJob, _ new: NewJob, _ context: APIContext) -> Job? {
        guard inserted.outcome == .inserted, new.after.isEmpty, let createdAt = inserted.createdAt else { return nil }
        return Job.submitted(
            new,
            as: (inserted.id, inserted.number),
            tenantId: context.scope.tenantId,
            at: StoreTime(wall: createdAt, steady: .zero)
        )
    }
}
#endif
