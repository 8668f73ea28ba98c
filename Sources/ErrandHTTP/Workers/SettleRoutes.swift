#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird

/// How a worker elsewhere says that a run has ended.
///
/// Each may be repeated: what took effect the first time is answered the second time as it was the first.
struct SettleRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            settling("complete", "completeJob", complete)
                .documented(.protocolCalls, "Complete a job")
                .taking(.optionalObject, Self.completeSchema, example: #"{"result":{"pages":4}}"#)
                .answering(.json(200, Self.schema, "It is completed.")),
            settling("fail", "failJob", fail)
                .documented(.protocolCalls, "Say that the run failed")
                .taking(.object, FailRequest.schema, example: #"{"code":"http_503","message":"Try again"}"#)
                .answering(.json(200, Self.schema, "It is queued again, or has failed.")),
            settling("release", "releaseJob", release)
                .documented(.protocolCalls, "Give a job back", "The attempt is not charged.")
                .taking(.optionalObject, Self.releaseSchema, example: #"{"reason":"shutdown"}"#)
                .answering(.json(200, Self.schema, "It is queued again.")),
            settling("cancelled", "acknowledgeCancel", cancelled)
                .documented(.protocolCalls, "Say that the handler of a cancelled job has stopped")
                .taking(.optionalObject, .fields([:]), example: "{}")
                .answering(.empty(204, "It is noted.")),
        ]
    }

    private func settling(_ call: String, _ operation: String, _ handler: @escaping APIRoute.Handler) -> APIRoute {
        APIRoute(.post, "/api/worker/jobs/{id}/" + call, operation, .worker, handler)
            .with(.jobID, .jobLease, .jobFence)
            .refusing(.invalidParameter, .leaseLost, .alreadySettled, .gone)
    }

    private static let schema = Schema.object([
        "status": .status, "runAt": Schema.time.about("When it runs again.").optional,
    ])
    private static let completeSchema = Schema.fields([
        "result": Schema.any.atMost(bytes: JobLimits.resultBytes, "Whatever the job answers; or resultUploadId.")
            .optional,
        "resultUploadId": Schema.uuid.about("What sending the result's file answered; or result.").optional,
    ])
    private static let releaseSchema = Schema.fields([
        "reason": Schema.reason("Why: a line of the job's log.").optional,
        "delaySeconds": Schema.delay.about("When it may run again.").standard("0").optional,
    ])

    private func complete(_ request: Request, _ context: APIContext) async throws -> Response {
        var (value, upload) = (JSONText?.none, JobID?.none)
        var reader = try await services.readFields(request, context) { reader, name, given in
            switch name {
            case "result": value = given
            case "resultUploadId": upload = reader.identifier(name, given)
            default: return false
            }
            return true
        }
        if value != nil, upload != nil {
            reader.refuse("resultUploadId", "exclusive", "Give either result or resultUploadId.")
        }
        try reader.finish()
        let token = try await services.lease(request, context)
        try await refuseLate(token, context)
        let result =
            if let upload {
                try await services.result(from: upload, of: token.lease, context)
            } else {
                try await checked(value, of: token.lease, context)
            }
        return try await settle(.complete(result), token, context)
    }

    /// Ends a run that comes with its result after its deadline as what it is: one that timed out.
    private func refuseLate(_ token: LeaseToken, _ context: APIContext) async throws {
        guard let deadline = token.deadline, deadline < services.now else { return }
        let job = try await services.stores.jobs.job(.id(token.lease.id), scope: context.scope)
        // To a run that is over, settling says so.
        guard job.isRun(of: token.lease) else { return }
        let end = try await end(Settlement(lease: token.lease, outcome: services.timeout(of: job, token)), context)
        throw Problem(.alreadySettled, "The result came after the run's deadline.", currentStatus: end.status)
    }

    /// The result, held to its type's schema where any type has one.
    private func checked(_ value: JSONText?, of lease: JobLease, _ context: APIContext) async throws -> JobResult {
        guard services.types.hasResultSchemas else { return JobResult(value) }
        let job = try await services.stores.jobs.job(.id(lease.id), scope: context.scope)
        // To a run that is over, settling says so.
        guard job.status == .running, job.fence == lease.fence else { return JobResult(value) }
        var reader = FieldReader()
        reader.refuse(services.types[job.type]?.violations(inResult: value) ?? [], of: "result")
        try reader.finish()
        return JobResult(value)
    }

    private func fail(_ request: Request, _ context: APIContext) async throws -> Response {
        var given = FailRequest()
        try await services.readFields(request, context) { given.take($1, $2, &$0) }.finish()
        let token = try await services.lease(request, context)
        let failure = try given.failure()
        let delay = given.delay(afterAttempt: token.attempt, random: services.random)
        return try await settle(.fail(failure, retryAfter: delay), token, context)
    }

    private func release(_ request: Request, _ context: APIContext) async throws -> Response {
        var (delay, reason) = (Int64(0), String?.none)
        try await services.readFields(request, context) { reader, name, value in
            switch name {
            case "reason": reason = reader.text(name, value)
            case "delaySeconds": delay = reader.integer(name, value, in: 0...Int64(JobLimits.longestDelay)) ?? 0
            default: return false
            }
            return true
        }.finish()
        let token = try await services.lease(request, context)
        var settlement = Settlement(lease: token.lease, outcome: .release(after: .seconds(delay)))
        if let reason {
            var report = RunReport(lease: token.lease)
            report.logs = [LogLine(at: services.now, level: .info, message: "The worker gave the job back: \(reason)")]
            settlement.report = report
        }
        return try await settle(settlement, context)
    }

    private func cancelled(_ request: Request, _ context: APIContext) async throws -> Response {
        try await services.readFields(request, context) { _, _, _ in false }.finish()
        let token = try await services.lease(request, context)
        _ = try await end(Settlement(lease: token.lease, outcome: try await stopped(token, context)), context)
        return Response(status: .noContent, headers: .noStore)
    }

    /// What it means that a handler which was told to stop has stopped: past its deadline, that the run timed out.
    private func stopped(_ token: LeaseToken, _ context: APIContext) async throws -> Settlement.Outcome {
        guard let deadline = token.deadline, deadline <= services.now else { return .acknowledgeCancel }
        let job = try await services.stores.jobs.job(.id(token.lease.id), scope: context.scope)
        let wasTimedOut = job.errors.contains {
            $0.fence == token.lease.fence && $0.code == JobFailure.Code.timeout
        }
        return job.isRun(of: token.lease) || wasTimedOut ? services.timeout(of: job, token) : .acknowledgeCancel
    }

    private func settle(
        _ outcome: Settlement.Outcome,
        _ token: LeaseToken,
        _ context: APIContext
    ) async throws -> Response {
        try await settle(Settlement(lease: token.lease, outcome: outcome), context)
    }

    private func settle(_ settlement: Settlement, _ context: APIContext) async throws -> Response {
        let (status, job) = try await end(settlement, context)
        return .json(headers: .noStore) { writer in
            writer.object { writer in
                writer.member("status", status.rawValue)
                if status == .queued, job.status == .queued { writer.member("runAt", job.runAt) }
            }
        }
    }

    /// What a run's end left: the status of the job as it was then, and the job as it is now.
    private typealias End = (status: JobStatus, job: Job)

    /// Settles the run; answers what that left, also where it had been settled so before.
    private func end(_ settlement: Settlement, _ context: APIContext) async throws -> End {
        guard MessagingSpan.isTracing else { return try await record(settlement, context) }
        let id = settlement.lease.id
        // For the span alone: whatever is wrong with the job, settling says so.
        let job = try? await services.stores.jobs.job(.id(id), scope: context.scope)
        let span = MessagingSpan.settle(id, job)
        let end: End
        do {
            end = try await record(settlement, context)
        } catch {
            span.end(errorType: Problem(error).type.rawValue)
            throw error
        }
        span.end()
        return end
    }

    private func record(_ settlement: Settlement, _ context: APIContext) async throws -> End {
        let lease = settlement.lease
        let result = try await services.stores.jobs.settle([settlement]).first
        if case .refused(let error) = result { throw error }
        let job = try await services.stores.jobs.job(.id(lease.id), scope: context.scope)
        switch result {
        case .applied(let status):
            count(settlement, status, job)
            return (status, job)
        case .fenced:
            // However its worker says that the run ended: it has stopped, and holds nothing any more.
            if job.stopping?.fence == lease.fence, settlement.outcome != .acknowledgeCancel {
                let stopped = Settlement(lease: lease, outcome: .acknowledgeCancel)
                _ = try await services.stores.jobs.settle([stopped])
            }
            switch job.earlierEnd(of: settlement) {
            // Somebody may run it again by now; what this run left it as is what its worker wants to know.
            case .same: return (job.fence == lease.fence ? job.status : .queued, job)
            case .other: throw Problem(.alreadySettled, "The run has ended in another way.", currentStatus: job.status)
            case .none: throw Problem.leaseLost(job)
            }
        case .refused, nil: throw JobStoreError(.corrupt, "The store answered nothing for one settlement.")
        }
    }

    /// Counts an end as a worker of Errand's own counts it.
    private func count(_ settlement: Settlement, _ status: JobStatus, _ job: Job) {
        let metrics = services.metrics.runs(ofType: job.type, in: job.queue)
        metrics.settled(settlement.outcome, status)
        // What was queued again says in its record when the run began.
        let record = job.errors.last { $0.fence == settlement.lease.fence }
        guard let began = record?.startedAt ?? job.startedAt, let ended = record?.endedAt ?? job.completedAt else {
            return
        }
        metrics.ran(Duration(saturatingSeconds: ended.timeIntervalSince(began)))
    }
}
#endif
