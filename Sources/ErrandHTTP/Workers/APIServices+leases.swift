#if Server
import Errand
import HTTPTypes
import Hummingbird

extension HTTPField.Name {
    /// The token of a worker's lease.
    static let jobLease = HTTPField.Name(validated: "Job-Lease")
    /// The fence of a worker's lease.
    static let jobFence = HTTPField.Name(validated: "Job-Fence")
}

extension APIServices {
    /// The lease that a worker's request shows, for the job of its path.
    ///
    /// - Returns: The lease; only the store knows whether it still holds.
    /// - Throws: `not-found` or `gone` where the credential does not reach the job, `lease-lost` for what is no lease
    ///   of it, `invalid-parameter` where there is none.
    func lease(_ request: Request, _ context: APIContext) async throws -> LeaseToken {
        let reference = try context.jobReference()
        let text = request.headers[.jobLease]
        if case .id(let id) = reference, let text, let token = leases.decode(text, of: id, for: context.scope),
            request.headers[.jobFence].map({ $0 == "\(token.lease.fence)" }) ?? true
        {
            return token
        }
        // Looked up first: who may not see the job learns nothing of it.
        let job = try await stores.jobs.job(reference, scope: context.scope)
        guard text != nil else {
            throw Problem.parameter("Job-Lease", "required", "Job-Lease is missing; it is the token of the claim.")
        }
        throw Problem.leaseLost(job)
    }

    /// The refusal for a lease that does not hold any more; reads what the job is by now.
    func leaseLost(_ lease: JobLease, _ context: APIContext) async throws -> Problem {
        .leaseLost(try await stores.jobs.job(.id(lease.id), scope: context.scope))
    }
}

extension Problem {
    /// The refusal for a lease that does not hold any more, with what the job is by now.
    static func leaseLost(_ job: Job) -> Problem {
        var problem = Problem(
            .leaseLost,
            "The lease of job #\(job.number) is over; the job is \(job.status.rawValue), its fence \(job.fence).",
            currentStatus: job.status
        )
        problem.currentFence = job.fence
        return problem
    }
}
#endif
