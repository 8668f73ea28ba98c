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
            APIRoute(.post, "/api/jobs/{id}/cancel", "cancelJob", cancel),
            APIRoute(.post, "/api/jobs/{id}/retry", "retryJob", retry),
            APIRoute(.delete, "/api/jobs/{id}", "deleteJob", delete),
        ]
    }

    private func cancel(_ request: Request, _ context: APIContext) async throws -> Response {
        let reference = try context.jobReference()
        var reason: String?
        try await read(request, context) { reader, name, value in
            guard name == "reason" else { return false }
            reason = reader.string(name, value)
            return true
        }
        try await checkRevision(reference, request, context)
        let job = try await refusing(as: .jobNotCancellable) { () throws(JobStoreError) in
            try await services.stores.jobs.cancel(reference, reason: reason, scope: context.scope)
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
        var runAt: Date?
        try await read(request, context) { reader, name, value in
            guard name == "runAt" else { return false }
            runAt = reader.date(name, value)
            return true
        }
        try await checkRevision(reference, request, context)
        let when = runAt
        let job = try await refusing(as: .jobNotRetryable) { () throws(JobStoreError) in
            try await services.stores.jobs.retry(reference, runAt: when, scope: context.scope)
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

    private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        let reference = try context.jobReference()
        try await checkRevision(reference, request, context)
        try await refusing(as: .notCompleted) { () throws(JobStoreError) in
            try await services.stores.jobs.delete(reference, scope: context.scope)
        }
        return Response(status: .noContent, headers: .noStore)
    }

    /// Reads a body that may be left out.
    private func read(
        _ request: Request,
        _ context: APIContext,
        _ field: (inout FieldReader, String, JSONText) -> Bool
    ) async throws {
        try MediaTypes.requireAccepted("application/json", by: request)
        guard let body = try await request.json(context, limit: services.options.maximumBodyBytes) else { return }
        try FieldReader.read(body.object(), field).finish()
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

    /// Says what a wrong state means to the operation.
    private func refusing<Value>(
        as conflict: ProblemType,
        _ operation: () async throws(JobStoreError) -> Value
    ) async throws(Problem) -> Value {
        do { return try await operation() } catch { throw Problem(store: error, conflict: conflict) }
    }
}
#endif
