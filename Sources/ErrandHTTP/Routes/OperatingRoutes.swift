#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird

/// What people do to a job: cancel, retry, delete.
struct OperatingRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.post, "/api/jobs/{id}/cancel", "cancelJob", .jobsOperate, cancel)
                .documented(.jobs, "Cancel a job", "Final at once; a handler that runs is told to stop.")
                .with(.jobID, .ifMatch)
                .taking(
                    .optionalObject,
                    .fields(["reason": Schema.text.about("Why; people see it as the job's error.").optional]),
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
            reason = reader.string(name, value)
            return true
        }.finish()
        try await checkRevision(reference, request, context)
        let job: Job
        do {
            job = try await services.stores.jobs.cancel(reference, reason: reason, scope: context.scope)
        } catch { throw Problem(store: error, conflict: .jobNotCancellable) }
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
        try await checkRevision(reference, request, context)
        let job = try await retried(reference, runAt: runAt, context.scope)
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

    private func runAt(_ request: Request, _ context: APIContext) async throws -> Date? {
        var runAt: Date?
        try await services.readFields(request, context) { reader, name, value in
            guard name == "runAt" else { return false }
            runAt = reader.date(name, value)
            return true
        }.finish()
        return runAt
    }

    // A function of its own because Swift 6.3's optimiser crashes on the two steps in one.
    private func retried(_ job: JobReference, runAt: Date?, _ scope: Scope) async throws -> Job {
        do {
            return try await services.stores.jobs.retry(job, runAt: runAt, scope: scope)
        } catch { throw Problem(store: error, conflict: .jobNotRetryable) }
    }

    private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        let reference = try context.jobReference()
        try await checkRevision(reference, request, context)
        do {
            try await services.stores.jobs.delete(reference, scope: context.scope)
        } catch { throw Problem(store: error, conflict: .notCompleted) }
        return Response(status: .noContent, headers: .noStore)
    }

    /// Refuses the change when `If-Match` names another revision.
    ///
    /// Another change can still come between the check and the operation; the operations themselves refuse what the
    /// job's status does not allow.
    private func checkRevision(_ job: JobReference, _ request: Request, _ context: APIContext) async throws {
        guard let ifMatch = request.headers[.ifMatch] else { return }
        let job = try await services.stores.jobs.job(job, scope: context.scope)
        try JobValidators(job: job, now: services.now).check(ifMatch: ifMatch)
    }
}
#endif
