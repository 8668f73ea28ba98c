import FoundationEssentials

/// One run of a bulk job: page by page from the newest job to the oldest, with a checkpoint behind each page.
///
/// A retry goes the other way: who waits for others is younger than they are, and is retried after them, so that it
/// waits for them again.
///
/// A run that takes up where another was lost may do the last page again. That is harmless: what was cancelled, deleted
/// or rescheduled is not so once more, and what was retried and has ended since is told by the time of its end.
struct BulkRun: Sendable {
    /// How many jobs there are between two checkpoints.
    private static let pageSize = 100
    /// How many of them are worked on at a time.
    private static let width = 16

    /// How far it came.
    private struct State: Codable {
        /// Everything from this number on is done; of a retry nothing.
        var before: Int64
        /// Of a retry, everything up to this number is done.
        var after: Int64?
        var done = 0
        var skipped = 0
    }

    let bulk: BulkJob
    let store: any JobStore
    let context: JobContext

    func run() async throws -> JobResult {
        let checkpoint = try context.checkpoint(as: State.self)
        var state = checkpoint ?? State(before: context.number)
        var retries = BulkRetries(upTo: checkpoint?.after ?? 0, since: context.createdAt)
        while true {
            try Task.checkCancellation()
            let found = try await store.jobs(bulk.filter, page: page(state), scope: scope)
            let jobs = found.jobs.filter { $0.number < context.number }
            guard let last = jobs.last else { break }
            let done = try await perform(on: jobs.filter(isMeant), &retries)
            state.done = state.done.saturatingSum(done)
            state.skipped = state.skipped.saturatingSum(jobs.count - done)
            if isRetry { state.after = last.number } else { state.before = last.number }
            context.progress(percentage(state), message(state))
            try await context.checkpoint(text(of: state))
            guard found.next != nil, jobs.count == found.jobs.count else { break }
        }
        return result(state)
    }

    private var isRetry: Bool { bulk.action.kind == .retry }

    private func page(_ state: State) -> PageRequest {
        isRetry
            ? PageRequest(limit: Self.pageSize, before: state.after, isOldestFirst: true)
            : PageRequest(limit: Self.pageSize, before: state.before)
    }

    /// What the bulk job itself belongs to.
    private var scope: Scope {
        guard let tenant = context.tenantId else { return .system }
        return .tenant(tenant, projects: context.projectId.map { [$0] })
    }

    /// Not what ended after the bulk job was asked for: that is another end than the one somebody wanted a retry of.
    private func isMeant(_ job: Job) -> Bool {
        guard bulk.action.kind == .retry, let end = job.completedAt else { return true }
        return end <= context.createdAt
    }

    /// Answers how many it was done to.
    private func perform(on jobs: [Job], _ retries: inout BulkRetries) async throws -> Int {
        guard isRetry else { return try await perform(on: jobs.map { ($0.id, []) }).count }
        var done = 0
        for wave in BulkRetries.waves(of: jobs) {
            var together: [(JobID, Set<JobID>)] = []
            for job in wave { together.append((job.id, try await retries.among(job.after, in: store, scope))) }
            let retried = try await perform(on: together)
            retries.note(retried)
            done += retried.count
        }
        return done
    }

    /// Answers to which it was done.
    private func perform(on jobs: [(id: JobID, together: Set<JobID>)]) async throws -> [JobID] {
        try await withThrowingTaskGroup(of: JobID?.self) { group in
            var rest = jobs[...]
            var done: [JobID] = []
            for job in rest.prefix(Self.width) { group.addTask { try await perform(on: job.id, job.together) } }
            rest = rest.dropFirst(Self.width)
            while let id = try await group.next() {
                if let id { done.append(id) }
                if let job = rest.popFirst() { group.addTask { try await perform(on: job.id, job.together) } }
            }
            return done
        }
    }

    /// The job where it was done; not to a job that has changed meanwhile so that it cannot be.
    private func perform(on id: JobID, _ together: Set<JobID>) async throws -> JobID? {
        do throws(JobStoreError) {
            try await bulk.action.perform(on: .id(id), in: store, together: together, scope: scope)
        } catch {
            switch error.code {
            case .conflict, .uniqueConflict, .notFound, .gone: return nil
            default: throw error
            }
        }
        return id
    }

    /// Written by hand: Swift 6.3.1 crashes where it specialises the checkpoint of any value for this one.
    private func text(of state: State) -> JSONText {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("before", state.before)
            writer.memberIfPresent("after", state.after)
            writer.member("done", state.done)
            writer.member("skipped", state.skipped)
        }
        return writer.text
    }

    private func percentage(_ state: State) -> Int {
        let seen = state.done.saturatingSum(state.skipped)
        return min(99, seen.saturatingProduct(100) / max(bulk.expected, 1))
    }

    private func message(_ state: State) -> String {
        let skipped = state.skipped > 0 ? ", \(state.skipped) passed over" : ""
        return "\(state.done) of \(bulk.expected) \(bulk.action.kind.done)\(skipped)"
    }

    private func result(_ state: State) -> JobResult {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("done", state.done)
            writer.member("skipped", state.skipped)
        }
        return JobResult(writer.text)
    }
}
