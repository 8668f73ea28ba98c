#if Server
import Errand
import FoundationEssentials
import HTTPTypes
import Hummingbird

/// Giving jobs to workers elsewhere.
struct ClaimRoute: Sendable {
    /// The most jobs of one claim.
    static let limit = 100
    /// The longest a claim waits, in seconds.
    static let longestWait: Int64 = 30

    let services: APIServices

    var routes: [APIRoute] {
        [
            APIRoute(.post, "/api/worker/claim", "claimJobs", .worker, claim)
                .documented(.protocolCalls, "Claim jobs", "Waits for the first job, as long as waitSeconds says.")
                .taking(.object, Wanted.schema, example: #"{"workerId":"w_4fT","max":2,"waitSeconds":30}"#)
                .answering(
                    .json(200, .object(["jobs": .array(GrantedJob.schema)]), "The jobs, each with its lease."),
                    .empty(204, "There was none.")
                )
                .refusing(.sessionExpired)
        ]
    }

    private func claim(_ request: Request, _ context: APIContext) async throws -> Response {
        let wanted = try await Wanted(request, context, services: services)
        let worker = try await services.sessions.worker(wanted.workerId, for: context.scope)
        let claim = wanted.claim(by: worker, scope: context.scope)
        let began = services.options.clock.now().steady
        let wait = ClaimWait(services: services, claim: claim)
        let jobs = try await wait.jobs(for: .seconds(wanted.waitSeconds), on: context.channel)
        guard !jobs.isEmpty else { return Response(status: .noContent, headers: .noStore) }
        let now = services.options.clock.now()
        // The worker counts from when it sent the claim, and the lease from when there was a job.
        let lease = claim.lease + (now.steady - began)
        return .json(headers: .noStore, reserving: 1024 * jobs.count) { writer in
            writer.object { writer in
                writer.member("jobs") { writer in
                    writer.array { writer in
                        for job in jobs {
                            GrantedJob(job, lease: lease, now: now.wall)
                                .write(to: &writer, tokens: services.leases, scope: context.scope)
                        }
                    }
                }
            }
        }
    }

    /// The body of a claim.
    struct Wanted {
        static let schema = Schema.fields([
            "workerId": Schema.string(1...200).about("What opening the session answered."),
            "queues": Schema.array(.text).about("Fewer queues than the session's.").optional,
            "types": Schema.array(.text).about("Fewer types than the session's.").optional,
            "max": Schema.integer(1...Int64(SessionRequest.slotLimit))
                .about("How many jobs; never more than maxClaim are given.").standard("1").optional,
            "waitSeconds": Schema.integer(0...ClaimRoute.longestWait).standard("0").optional,
        ])

        private(set) var workerId = ""
        private(set) var queues: [String]?
        private(set) var types: [String]?
        private(set) var max: Int64 = 1
        private(set) var waitSeconds: Int64 = 0

        init(_ request: Request, _ context: APIContext, services: APIServices) async throws {
            var given = self
            var reader = try await services.readFields(request, context, isRequired: true) { reader, name, value in
                switch name {
                case "workerId": given.workerId = reader.string(name, value) ?? ""
                case "queues": given.queues = reader.strings(name, value)
                case "types": given.types = reader.strings(name, value)
                case "max": given.max = reader.integer(name, value, in: 1...Int64(SessionRequest.slotLimit)) ?? 1
                case "waitSeconds":
                    given.waitSeconds = reader.integer(name, value, in: 0...ClaimRoute.longestWait) ?? 0
                default: return false
                }
                return true
            }
            if given.workerId.isEmpty {
                reader.refuse("workerId", "required", "workerId is missing; opening a session gives one.")
            }
            try reader.finish()
            self = given
        }
    }
}

extension ClaimRoute.Wanted {
    /// What is to be claimed: no more than the worker said it can run.
    fileprivate func claim(by worker: WorkerAnnouncement, scope: Scope) -> ClaimRequest {
        let types = self.types.map { types in types.filter(worker.types.contains) } ?? worker.types
        let queues = self.queues.map { queues in
            worker.queues.map { known in queues.filter(known.contains) } ?? queues
        }
        var claim = ClaimRequest(
            worker: worker.id,
            kind: .session,
            queues: queues ?? worker.queues,
            types: types,
            limit: min(Int(self.max), worker.slots, ClaimRoute.limit),
            lease: worker.lease
        )
        claim.scope = scope
        return claim
    }
}
#endif
