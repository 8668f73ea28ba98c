#if Server
import Errand
import FoundationEssentials

/// A job as a worker elsewhere gets it.
struct GrantedJob {
    static let schema = Schema.object([
        "id": .uuid,
        "number": .count,
        "type": .text,
        "queue": .text,
        "tenantId": .text.optional,
        "projectId": .text.optional,
        "attempt": .count,
        "maxAttempts": .integer(1...1000),
        "lostCount": Schema.count.about("How often in a row its worker was lost."),
        "payload": .anyObject,
        "checkpoint": Schema.any.about("What its last run saved.").optional,
        "deadlineIn": Schema.count.about("How long the run may take, in seconds.").optional,
        "createdAt": .time,
        "createdBy": .text.optional,
        "traceparent": .text.optional,
        "lease": .object([
            "token": Schema.text.about("For Job-Lease."),
            "fence": Schema.count.about("For Job-Fence: larger with each claim."),
            "expiresIn": Schema.number.about("In seconds from when the claim was sent."),
        ]),
    ]).named("GrantedJob")

    private let job: ClaimedJob
    private let lease: Duration
    private let token: LeaseToken

    init(_ job: ClaimedJob, lease: Duration, now: Date) {
        self.job = job
        self.lease = lease
        let deadline = job.timeoutSeconds.map { now.later(by: .seconds($0)) }
        token = LeaseToken(lease: job.lease, attempt: job.attempt, deadline: deadline)
    }

    func write(to writer: inout JSONWriter, tokens: LeaseTokens, scope: Scope) {
        writer.object { writer in
            writer.member("id", job.lease.id.description)
            writer.member("number", job.lease.number)
            writer.member("type", job.type)
            writer.member("queue", job.queue)
            writer.memberIfPresent("tenantId", job.tenantId)
            writer.memberIfPresent("projectId", job.projectId)
            writer.member("attempt", job.attempt)
            writer.member("maxAttempts", job.maxAttempts)
            writer.member("lostCount", job.lostCount)
            writer.member("payload", job.payload)
            writer.memberIfPresent("checkpoint", job.checkpoint)
            writer.memberIfPresent("deadlineIn", job.timeoutSeconds)
            writer.member("createdAt", job.createdAt)
            writer.memberIfPresent("createdBy", job.createdBy)
            writer.memberIfPresent("traceparent", job.traceparent)
            writer.member("lease") { writer in
                writer.object { writer in
                    writer.member("token", tokens.encode(token, for: scope))
                    writer.member("fence", job.lease.fence)
                    writer.member("expiresIn", lease.seconds)
                }
            }
        }
    }
}
#endif
