#if Server
import Errand

extension BulkActionRoutes {
    /// Retries jobs, each behind those of them that it waits for; the answers are in their order, nil where it was
    /// done.
    func retry(_ jobs: [JobReference], by action: BulkAction, _ scope: Scope) async -> [Problem?] {
        var outcomes: [Problem?] = Array(repeating: nil, count: jobs.count)
        var found: [Job] = []
        // A job may be named twice, by its id and by its number.
        var places: [JobID: [Int]] = [:]
        for (place, reference) in jobs.enumerated() {
            do throws(JobStoreError) {
                let job = try await services.stores.jobs.job(reference, scope: scope)
                if places[job.id] == nil { found.append(job) }
                places[job.id, default: []].append(place)
            } catch { outcomes[place] = Problem(store: error, conflict: action.kind.conflict) }
        }
        var retried: Set<JobID> = []
        for wave in BulkRetries.waves(of: found.sorted { $0.number < $1.number }) {
            let named = wave.map { (job: JobReference.id($0.id), together: retried.intersection($0.after)) }
            for (job, problem) in zip(wave, await problems(of: action, on: named, scope)) {
                if problem == nil { retried.insert(job.id) }
                for place in places[job.id] ?? [] { outcomes[place] = problem }
            }
        }
        return outcomes
    }
}
#endif
