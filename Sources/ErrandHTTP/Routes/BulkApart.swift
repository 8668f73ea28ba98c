#if Server
import Errand
import Hummingbird

/// Stores the jobs of a bulk submit each for itself, one that waits for another of them behind it.
struct BulkApart {
    /// How many jobs are stored at a time.
    private static let width = 64

    let services: APIServices
    let key: IdempotencyKey
    let traceparent: String?
    let scope: Scope
    /// What became of each job, in their order.
    private(set) var results: [Result<InsertedJob, Problem>] = []
    /// What became of the jobs, by the identifiers that the request has for them.
    private var outcomes: [JobID: JobID?] = [:]

    init(services: APIServices, key: IdempotencyKey, traceparent: String?, scope: Scope) {
        (self.services, self.key, self.traceparent, self.scope) = (services, key, traceparent, scope)
    }

    /// Stores all of them, as far as nothing is against it.
    ///
    /// - Throws: `idempotencyMismatch` where the request as a whole is another than the key came with before.
    mutating func store(_ jobs: [Result<NewJob, Problem>]) async throws {
        var rest = jobs[...]
        while !rest.isEmpty {
            let wave = Self.wave(of: rest)
            let ready = zip(wave.indices, wave).map { ($0, waitingForStored($1, at: $0)) }
            let stored = try await stored(ready)
            for (job, result) in zip(wave, stored) {
                guard case .success(let new) = job, let id = new.id else { continue }
                // What was refused has no identifier, and its reason is in the results.
                outcomes[id] = .some(try? result.get().id)
            }
            results += stored
            rest = rest.dropFirst(wave.count)
        }
    }

    /// The first jobs, as far as none of them waits for another.
    private static func wave(of jobs: ArraySlice<Result<NewJob, Problem>>) -> ArraySlice<Result<NewJob, Problem>> {
        var named: Set<JobID> = []
        return jobs.prefix(width).prefix { job in
            guard case .success(let new) = job else { return true }
            guard !new.after.contains(where: named.contains) else { return false }
            if let id = new.id { named.insert(id) }
            return true
        }
    }

    /// A job that waits for what others of the request came to be; refused where one of them was.
    private func waitingForStored(_ job: Result<NewJob, Problem>, at index: Int) -> Result<NewJob, Problem> {
        job.flatMap { new in
            var new = new
            for (place, id) in new.after.enumerated() {
                switch outcomes[id] {
                case nil: break
                case .some(let stored?): new.after[place] = stored
                case .some(nil):
                    let detail = "after[\(place)] names a job of the request that was refused itself."
                    return .failure(.field("/jobs/\(index)/after/\(place)", "refused", detail))
                }
            }
            return .success(new)
        }
    }

    /// Stores jobs at the same time, each in a transaction of its own; the answers are in their order.
    private func stored(_ jobs: [(Int, Result<NewJob, Problem>)]) async throws -> [Result<InsertedJob, Problem>] {
        try await withThrowingTaskGroup(of: (Int, Result<InsertedJob, Problem>).self) { [self] group in
            for (index, job) in jobs {
                group.addTask { (index, try await stored(job, at: index)) }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func stored(
        _ job: Result<NewJob, Problem>,
        at index: Int
    ) async throws -> Result<InsertedJob, Problem> {
        do {
            return .success(try await services.insert(job.get(), continuing: traceparent, scope: scope))
        } catch let problem as Problem { return .failure(problem) } catch {
            // It is the whole request that was refused, and with it every job of it.
            if let error = error as? JobStoreError, error.code == .idempotencyMismatch, error.pointer == nil {
                throw error
            }
            // What was refused before it was a job was no id's fault.
            let hasOwnID = (try? job.get())?.request?.whole?.namesJob == false
            return .failure(Problem(hasOwnID ? error : key.refusal(error)).under("/jobs/\(index)"))
        }
    }
}
#endif
