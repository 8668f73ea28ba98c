#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird

/// Opening, keeping and ending the session of a worker elsewhere (docs/worker-protocol.md).
struct SessionRoutes: Sendable {
    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.post, "/api/worker/sessions", "openWorkerSession", .worker, open)
                .documented(.protocolCalls, "Open a worker's session")
                .taking(.object, SessionRequest.schema(services.types), example: Self.example(services.types))
                .answering(.json(201, Self.schema, "Who the worker is from now on.", .location))
                .refusing(.conflict),
            APIRoute(.post, "/api/worker/sessions/{workerId}/heartbeat", "beatWorkerSession", .worker, beat)
                .documented(.protocolCalls, "Say that the worker lives, and renew its leases")
                .with(.workerID)
                .taking(.object, HeartbeatRequest.schema, example: #"{"state":"run","jobs":[]}"#)
                .answering(.json(200, HeartbeatAnswer.schema, "What became of each lease, in their order."))
                .refusing(.sessionExpired),
            APIRoute(.delete, "/api/worker/sessions/{workerId}", "endWorkerSession", .worker, end)
                .documented(.protocolCalls, "End a session", "Its leases live on until they are over.")
                .with(.workerID)
                .answering(.empty(204, "It has ended."))
                .refusing(.sessionExpired),
        ]
    }

    private static func example(_ types: JobTypes) -> String {
        #"{"name":"host:4711","types":["\#(types.names.first ?? "resize")"],"slots":4,"language":"python"}"#
    }

    private static let schema = Schema.object([
        "workerId": .text,
        "heartbeatSeconds": Schema.number.about("How often to send a heartbeat."),
        "leaseSeconds": .number,
        "maxClaim": Schema.count.about("How many jobs one claim gives at most."),
        "limits": Schema.object([
            "resultBytes": .count, "checkpointBytes": .count, "dataBytes": .count, "errorBytes": .count,
            "detailsBytes": .count, "messageBytes": .count, "logLineBytes": .count, "logLines": .count,
        ]),
    ]).named("Session")

    private func open(_ request: Request, _ context: APIContext) async throws -> Response {
        let wanted = try await SessionRequest(request, context, services: services)
        let worker = try announcement(wanted, for: context.scope)
        _ = try await services.sessions.announce(worker)
        var headers = HTTPFields.noStore
        headers[.location] = "/api/worker/sessions/\(worker.id)"
        return .json(.created, headers: headers) { writer in
            writer.object { writer in
                writer.member("workerId", worker.id)
                writer.member("heartbeatSeconds", services.options.workerHeartbeat.seconds)
                writer.member("leaseSeconds", worker.lease.seconds)
                writer.member("maxClaim", worker.maxClaim)
                writer.member("limits") { Self.writeLimits(to: &$0) }
            }
        }
    }

    private func announcement(_ wanted: SessionRequest, for scope: Scope) throws(Problem) -> WorkerAnnouncement {
        let id = wanted.workerId ?? services.sessions.makeIdentifier(for: scope, random: services.random)
        guard services.sessions.isIdentifier(id, for: scope) else {
            throw .field(
                "/workerId",
                "invalid",
                "workerId is \"\(id.text.quotable)\", which was not given to this credential."
            )
        }
        var worker = WorkerAnnouncement(
            id: id,
            name: wanted.name,
            version: wanted.version,
            queues: wanted.queues,
            types: wanted.types,
            slots: wanted.slots,
            startedAt: services.now,
            lease: services.options.workerLease
        )
        worker.language = wanted.language
        worker.labels = wanted.labels
        worker.tenantId = scope.tenantId
        return worker
    }

    private static func writeLimits(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("resultBytes", JobLimits.resultBytes)
            writer.member("checkpointBytes", JobLimits.checkpointBytes)
            writer.member("dataBytes", JobLimits.dataBytes)
            writer.member("errorBytes", JobLimits.errorBytes)
            writer.member("detailsBytes", JobLimits.detailsBytes)
            writer.member("messageBytes", JobLimits.progressMessageBytes)
            writer.member("logLineBytes", JobLimits.logLineBytes)
            writer.member("logLines", LeasedJobRoutes.logLines)
        }
    }

    private func beat(_ request: Request, _ context: APIContext) async throws -> Response {
        let beat = try await HeartbeatRequest(request, context, services: services)
        var worker = try await services.sessions.session(context.pathName("workerId"), for: context.scope).announcement
        (worker.running, worker.state) = (beat.leases.count, beat.state)
        let answers = try await LeaseRenewals(services: services, scope: context.scope).renew(beat.leases)
        let wanted = try await services.sessions.announce(worker)
        return .json(headers: .noStore) { writer in
            writer.object { writer in
                writer.member("state", wanted.rawValue)
                writer.member("jobs") { writer in
                    writer.array { writer in for answer in answers { answer.write(to: &writer) } }
                }
            }
        }
    }

    private func end(_ request: Request, _ context: APIContext) async throws -> Response {
        // One that has ended already is no error: the answer to the first time may have been lost.
        let id = try services.sessions.identifier(context.pathName("workerId"), for: context.scope)
        try await services.sessions.withdraw(id)
        return Response(status: .noContent, headers: .noStore)
    }
}
#endif
