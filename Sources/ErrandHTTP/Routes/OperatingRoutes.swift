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
            APIRoute(.post, "/api/jobs/{id}/cancel", "cancelJob", .jobsOperate, cancel).taking(.optionalObject),
            APIRoute(.post, "/api/jobs/{id}/retry", "retryJob", .jobsOperate, retry).taking(.optionalObject),
            APIRoute(.delete, "/api/jobs/{id}", "deleteJob", .jobsOperate, delete).answering(nil),
        ]
    }

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
