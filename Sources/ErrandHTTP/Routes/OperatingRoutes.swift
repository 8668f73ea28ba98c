#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird

/// What people do to a job: cancel, retry, change, delete.
struct OperatingRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.post, "/api/jobs/{id}/cancel", "cancelJob", .jobsOperate, cancel)
                .documented(.jobs, "Cancel a job", "Final at once; a handler that runs is told to stop.")
                .with(.jobID, .ifMatch)
                .taking(
                    .optionalObject,
                    .fields(["reason": Schema.reason("Why; people see it as the job's error.").optional]),
                    example: #"{"reason":"wrong file"}"#
                )
                .answering(
                    .json(200, .object(["id": .uuid, "status": .status, "completedAt": .time]), "It is cancelled.")
                )
                .refusing(.jobNotCancellable, .preconditionFailed, .gone),
            APIRoute(.post, "/api/jobs/{id}/retry", "retryJob", .jobsOperate, retry)
                .documented(.jobs, "Run a failed or cancelled job again", "With all its attempts.")
                .with(.jobID, .ifMatch)
                .taking(
                    .optionalObject,
                    .fields(["runAt": Schema.time.about("When it may run; left out: now.").optional]),
                    example: #"{"runAt":"2099-01-01T00:00:00Z"}"#
                )
                .answering(.json(200, Self.retried, "It is queued."))
                .refusing(.jobNotRetryable, .uniqueConflict, .preconditionFailed, .gone),
            APIRoute(.patch, "/api/jobs/{id}", "amendJob", .jobsOperate, amend)
                .documented(.jobs, "Change a queued job", "A merge patch: what is left out stays, null is the default.")
                .with(.jobID, .requiredIfMatch)
                .taking(.object, JobPatch.schema, example: #"{"priority":10}"#)
                .answering(.json(200, JobJSON.schema, "As it is now.", .entityTag, .retryAfter))
                .refusing(.conflict, .preconditionFailed, .preconditionRequired, .gone),
            APIRoute(.delete, "/api/jobs/{id}", "deleteJob", .jobsOperate, delete)
                .documented(.jobs, "Delete a job that has ended", "With its log, its result and its files.")
                .with(.jobID, .ifMatch)
                .answering(.empty(204, "It is deleted."))
                .refusing(.notCompleted, .preconditionFailed, .gone),
        ]
    }

    private static let retried = Schema.object([
        "id": .uuid,
        "status": .status,
        "progress": .integer(0...100),
        "error": Schema.text.nullable,
        "startedAt": Schema.time.nullable,
        "completedAt": Schema.time.nullable,
    ])

    private func cancel(_ request: Request, _ context: APIContext) async throws -> Response {
        let reference = try context.jobReference()
        var reason: String?
        try await services.readFields(request, context) { reader, name, value in
            guard name == "reason" else { return false }
            reason = reader.text(name, value)
            return true
        }.finish()
        let job = try await operate(reference, request, context, conflict: .jobNotCancellable) {
            (jobs, revisions) throws(JobStoreError) in
            try await jobs.cancel(reference, reason: reason, ifRev: revisions, scope: context.scope)
        }
        return .json(headers: .noStore) { writer in
            writer.object { writer in
                writer.member("id", job.id.description)
                writer.member("status", job.status.rawValue)
                writer.member("completedAt", job.completedAt)
            }
        }
    }

    private func retry(_ request: Request, _ context: APIContext) async throws -> Response {
        let reference = try context.jobReference()
        let runAt = try await runAt(request, context)
        let job = try await operate(reference, request, context, conflict: .jobNotRetryable) {
            (jobs, revisions) throws(JobStoreError) in
            try await jobs.retry(reference, runAt: runAt, ifRev: revisions, scope: context.scope)
        }
        return .json(headers: .noStore) { writer in
            writer.object { writer in
                writer.member("id", job.id.description)
                writer.member("status", job.status.rawValue)
                writer.member("progress", job.progress ?? 0)
                writer.memberNull("error")
                writer.memberNull("startedAt")
                writer.memberNull("completedAt")
            }
        }
    }

    private func runAt(_ request: Request, _ context: APIContext) async throws -> Moment? {
        var runAt: Moment?
        try await services.readFields(request, context) { reader, name, value in
            guard name == "runAt" else { return false }
            runAt = reader.moment(name, value)
            return true
        }.finish()
        return runAt
    }

    private func amend(_ request: Request, _ context: APIContext) async throws -> Response {
        let reference = try context.jobReference()
        // Looked up first: who may not see the job learns nothing of what is wrong with the change.
        let type = try await services.stores.jobs.job(reference, scope: context.scope).type
        let amendment = try await JobPatch(request, context, services: services).amendment(ofType: type)
        guard request.headers[.ifMatch] != nil else {
            throw Problem(
                .preconditionRequired,
                "If-Match is missing: a change of a job names the revision that it was decided on."
            )
        }
        let job = try await operate(reference, request, context, conflict: .conflict) {
            (jobs, revisions) throws(JobStoreError) in
            try await jobs.amend(reference, with: amendment, ifRev: revisions, scope: context.scope)
        }
        let now = services.now
        let json = JobJSON(job: job, now: now).showingMetadata()
        return .json(headers: JobValidators(job: job, now: now).headers) { json.write(to: &$0) }
    }

    private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        let reference = try context.jobReference()
        try await operate(reference, request, context, conflict: .notCompleted) {
            (jobs, revisions) throws(JobStoreError) in
            try await jobs.delete(reference, ifRev: revisions, scope: context.scope)
        }
        return Response(status: .noContent, headers: .noStore)
    }

    /// Has the store do something to a job, if the job is at a revision that `If-Match` names; `conflict` is what it
    /// means to the operation that the job's status does not allow it.
    private func operate<Answer>(
        _ reference: JobReference,
        _ request: Request,
        _ context: APIContext,
        conflict: ProblemType,
        _ operation: (any JobStore, Set<Int64>?) async throws(JobStoreError) -> Answer
    ) async throws -> Answer {
        let ifMatch = request.headers[.ifMatch]
        let failure: JobStoreError
        do throws(JobStoreError) {
            let answer = try await operation(services.stores.jobs, EntityTag.revisions(ifMatch: ifMatch))
            return answer
        } catch { failure = error }
        guard failure.code == .outdated else { throw Problem(store: failure, conflict: conflict) }
        // Read for its tag alone; the store has decided.
        let job = try await services.stores.jobs.job(reference, scope: context.scope)
        throw JobValidators(job: job, now: services.now).mismatch(ifMatch)
    }
}
#endif
