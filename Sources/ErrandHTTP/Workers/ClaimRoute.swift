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
        let session = try await services.sessions.session(wanted.workerId, for: context.scope)
        let worker = session.announcement
        try wanted.check(maxClaim: worker.maxClaim)
        // One that ends, or is wanted to, is given nothing to begin with.
        guard session.mayClaim else { return nothing }
        var claim = wanted.claim(by: worker, scope: context.scope)
        claim.runningJobsPerTenant = services.options.quotas.runningJobs
        let began = services.options.clock.now().steady
        let tracing = MessagingSpan.begin()
        let wait = ClaimWait(services: services, claim: claim)
        let jobs = try await wait.jobs(for: .seconds(wanted.waitSeconds), on: context.channel)
        tracing?.received(jobs)
        guard !jobs.isEmpty else { return Response(status: .noContent, headers: .noStore) }
        return granted(jobs, claim, since: began, context)
    }

    private func granted(
        _ jobs: [ClaimedJob],
        _ claim: ClaimRequest,
        since began: Duration,
        _ context: APIContext
    ) -> Response {
        let now = services.options.clock.now()
        for job in jobs {
            services.metrics.runs(ofType: job.type, in: job.queue).wait(now.wall.timeIntervalSince(job.runAt))
        }
        // The worker counts from when it sent the claim, and the lease from when there was a job.
        let held = now.steady - began
        return .json(headers: .noStore, reserving: 1024 * jobs.count) { writer in
            writer.object { writer in
                writer.member("jobs") { writer in
                    writer.array { writer in
                        for job in jobs {
                            GrantedJob(job, lease: lease(of: job, claim) + held, now: now.wall)
                                .write(to: &writer, tokens: services.leases, scope: context.scope)
                        }
                    }
                }
            }
        }
    }

    /// For how long a worker may hold a job: past its deadline only to stop, and to say so.
    private func lease(of job: ClaimedJob, _ claim: ClaimRequest) -> Duration {
        guard let seconds = job.timeoutSeconds else { return claim.lease }
        return min(claim.lease, .seconds(seconds) + services.options.stopping.time(of: job.type))
    }

    /// The answer to a worker that is not to work: it need not ask again before it has heard so.
    private var nothing: Response {
        var headers = HTTPFields.noStore
        headers[.retryAfter] = String(services.options.workerHeartbeat.secondsFromOne)
        return Response(status: .noContent, headers: headers)
    }

    /// The body of a claim.
    struct Wanted {
        static let schema = Schema.fields([
            "workerId": Schema.string(1...200).about("What opening the session answered."),
            "queues": Schema.array(.name, count: 0...SessionRequest.nameLimit).about("Fewer queues than the session's.")
                .optional,
            "types": Schema.array(.name, count: 0...SessionRequest.nameLimit).about("Fewer types than the session's.")
                .optional,
            "max": Schema.integer(1...Int64(SessionRequest.slotLimit))
                .about("How many jobs; never more than maxClaim are given.").standard("1").optional,
            "waitSeconds": Schema.integer(0...ClaimRoute.longestWait).standard("0").optional,
        ])

        private(set) var workerId: Name = ""
        private(set) var queues: [Name]?
        private(set) var types: [Name]?
        private(set) var max: Int64 = 1
        private(set) var waitSeconds: Int64 = 0

        init(_ request: Request, _ context: APIContext, services: APIServices) async throws {
            var given = self
            var reader = try await services.readFields(request, context, isRequired: true) { reader, name, value in
                switch name {
                case "workerId": given.workerId = reader.boundedName(name, value) ?? ""
                case "queues": given.queues = reader.names(name, value, atMost: SessionRequest.nameLimit)
                case "types": given.types = reader.names(name, value, atMost: SessionRequest.nameLimit)
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

extension WorkerAnnouncement {
    /// How many jobs one claim of a worker elsewhere may bring.
    var maxClaim: Int { min(slots, ClaimRoute.limit) }
}

extension ClaimRoute.Wanted {
    /// Refuses to be asked for more than the worker was told it may ask for.
    fileprivate func check(maxClaim: Int) throws(Problem) {
        guard max > maxClaim else { return }
        throw .field("/max", "out-of-range", "max is \(max); it must be 1 to \(maxClaim), the session's maxClaim.")
    }

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
            limit: Int(self.max),
            lease: worker.lease
        )
        claim.scope = scope
        return claim
    }
}
#endif
