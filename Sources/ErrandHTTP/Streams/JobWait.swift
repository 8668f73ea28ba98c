#if Server
import Errand
import FoundationEssentials
import ServiceLifecycle

/// Holds an answer back until a job is as a client wants it, for as long as the client said it would wait.
struct JobWait: Sendable {
    let services: APIServices
    let scope: Scope

    /// Reads a job again at each of its changes.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - seconds: For how long at most; the wait ends sooner when the server stops.
    ///   - isEnough: Whether the state is what was waited for.
    /// - Returns: The job as it was read last.
    /// - Throws: What reading throws: `notFound` or `gone` when the job was deleted meanwhile, or never was.
    func job(_ id: JobID, for seconds: Int, until isEnough: @escaping @Sendable (Job) -> Bool) async throws -> Job {
        // Subscribed before the first look: what changes after it is heard of.
        let changes = services.stores.jobs.changes(of: .job(id))
        let first = try await services.stores.jobs.job(.id(id), scope: scope)
        guard seconds > 0, !isEnough(first) else { return first }
        return try await withThrowingTaskGroup(of: Job?.self) { group in
            group.addTask { try await look(at: id, changes, isEnough) }
            // It changes by the clock alone when it falls due.
            let due = services.now.distance(to: first.runAt)
            let steps = due > 0 && due < Double(seconds) ? [due, Double(seconds)] : [Double(seconds)]
            for step in steps {
                group.addTask { try await lookAfter(step, at: id, isEnough, isLast: step == steps.last) }
            }
            group.addTask {
                try await gracefulShutdown()
                return try await read(id)
            }
            defer { group.cancelAll() }
            while let job = try await group.next() { if let job { return job } }
            return first
        }
    }

    private func read(_ id: JobID) async throws -> Job { try await services.stores.jobs.job(.id(id), scope: scope) }

    private func look(
        at id: JobID,
        _ changes: StoreChangeStream,
        _ isEnough: @Sendable (Job) -> Bool
    ) async throws -> Job? {
        for await change in changes where change.isIncomplete || change.jobs[id] != nil {
            let job = try await read(id)
            if isEnough(job) { return job }
        }
        return nil
    }

    private func lookAfter(
        _ seconds: Double,
        at id: JobID,
        _ isEnough: @Sendable (Job) -> Bool,
        isLast: Bool
    ) async throws -> Job? {
        try await services.options.sleep(Duration(saturatingSeconds: seconds))
        let job = try await read(id)
        return isLast || isEnough(job) ? job : nil
    }
}
#endif
