#if Server
import Errand
import Logging
import NIOCore
import ServiceLifecycle

/// Holds a claim's answer back until there is a job, for as long as the worker said it would wait.
struct ClaimWait: Sendable {
    let services: APIServices
    let claim: ClaimRequest

    /// Claims, and waits while there is nothing.
    ///
    /// - Parameters:
    ///   - duration: For how long at most; the wait ends sooner when the server stops.
    ///   - channel: The worker's connection. When the worker has gone the wait is over, and what was claimed at the
    ///     last moment is given back.
    /// - Returns: The jobs, or none.
    /// - Throws: What claiming throws.
    func jobs(for duration: Duration, on channel: any Channel) async throws -> [ClaimedJob] {
        let first = try await services.stores.jobs.claim(claim)
        guard first.jobs.isEmpty, duration > .zero, claim.limit > 0, !claim.types.isEmpty else { return first.jobs }
        let client = await channel.hangUpHandler()
        let jobs = try await jobs(after: first, for: duration, whileHeardBy: client)
        guard client?.isGone ?? !channel.isActive else { return jobs }
        await giveBack(jobs)
        return []
    }

    private func jobs(
        after first: Claim,
        for duration: Duration,
        whileHeardBy client: HangUpHandler?
    ) async throws -> [ClaimedJob] {
        try await withThrowingTaskGroup(of: [ClaimedJob].self) { group in
            group.addTask { try await claimWhenReady(after: first) }
            group.addTask {
                // Throws only when the jobs are there.
                try? await services.options.sleep(duration)
                return []
            }
            group.addTask {
                // Throws only when the jobs are there.
                try? await gracefulShutdown()
                return []
            }
            group.addTask {
                await services.sessions.endOfClaims(of: claim.worker)
                return []
            }
            if let client {
                group.addTask {
                    await client.hangUp()
                    return []
                }
            }
            var jobs = try await group.next() ?? []
            group.cancelAll()
            // The claim may have succeeded just when the time was over.
            while let late = try await group.next() { jobs += late }
            return jobs
        }
    }

    /// Claims at each change, and when time alone brings something.
    private func claimWhenReady(after first: Claim) async throws -> [ClaimedJob] {
        var found = first
        while found.jobs.isEmpty, !Task.isCancelled {
            let due = found.nextDue
            found = try await withThrowingTaskGroup(of: Claim?.self) { group in
                group.addTask { try await services.stores.jobs.claimWhenReady(claim) }
                if let due {
                    group.addTask {
                        // Throws only when the claim is over.
                        try? await services.options.sleep(due)
                        return nil
                    }
                }
                var claimed = try await group.next() ?? nil
                group.cancelAll()
                while let other = try await group.next() { claimed = other ?? claimed }
                return claimed ?? Claim(jobs: [], nextDue: nil)
            }
            if found.jobs.isEmpty, !Task.isCancelled { found = try await services.stores.jobs.claim(claim) }
        }
        return found.jobs
    }

    /// Gives jobs back that nobody is there to run any more; where that fails they come back with their leases' end.
    private func giveBack(_ jobs: [ClaimedJob]) async {
        guard !jobs.isEmpty else { return }
        do {
            let settlements = jobs.map { Settlement(lease: $0.lease, outcome: .release(after: .zero)) }
            _ = try await services.stores.jobs.settle(settlements)
        } catch {
            services.logger.warning("Cannot give back \(jobs.count) jobs whose worker is gone: \(error)")
        }
    }
}
#endif
